import * as z from 'zod/mini';
import { MARK_MASK, PREF_BLOCK, ROUTE_PROTOCOL } from '../own.ts';
import type { Os } from '../runner.ts';
import { hex } from './chains.ts';

const schema = z.array(
  z.object({
    priority: z.int(),
    src: z.string(),
    srclen: z.optional(z.int()),
    dst: z.optional(z.string()),
    iif: z.optional(z.string()),
    oif: z.optional(z.string()),
    fwmark: z.optional(z.string()),
    fwmask: z.optional(z.string()),
    table: z.optional(z.string()),
    suppress_prefixlen: z.optional(z.int()),
    protocol: z.optional(z.string()),
  }),
);
type Rule = z.infer<typeof schema>[number];

/** Rules of others that would take traffic out of our hands (mwan3, OMR, a VPN's own script), a sentence each with a way to right it. */
export async function checkNeighbours(os: Os): Promise<string[]> {
  const problems: string[] = [];
  for (const family of [4, 6]) {
    const result = await os.query(['ip', '-j', `-${family}`, 'rule', 'show']);
    const rules = schema.safeParse(parse(result.stdout));
    if (result.code !== 0 || !rules.success) continue;
    const foreign = rules.data.filter(({ priority, protocol }) => priority > 0 && protocol !== String(ROUTE_PROTOCOL));
    problems.push(...foreign.flatMap((rule) => trouble(rule, family)));
  }
  return problems;
}

function trouble(rule: Rule, family: number): string[] {
  const name = `IPv${family} rule ${rule.priority}`;
  const { fwmark, fwmask } = rule;
  const mask = fwmask === undefined ? 0xffffffff : Number(fwmask);
  // A rule for marks of which none can be ours meets none of our packets.
  if (fwmark !== undefined && (Number(fwmark) & MARK_MASK & mask) === 0 && (Number(fwmark) & mask) !== 0) return [];
  if (fwmark !== undefined && rule.priority < PREF_BLOCK && (mask & MARK_MASK) !== 0)
    return [
      `${name} of another program goes by mark ${fwmark}/${fwmask ?? '0xffffffff'}, and our marks are in ${hex(MARK_MASK)}; right: a \`mark\` in each [[tunnel]] that it does not mean, or a higher priority number for that rule`,
    ];
  const narrow = rule.src !== 'all' || rule.dst !== undefined || rule.iif !== undefined || rule.oif !== undefined;
  if (fwmark === undefined && !narrow && rule.suppress_prefixlen === undefined && rule.priority < PREF_BLOCK)
    return [
      `${name} of another program takes everything to table ${rule.table ?? '?'} before our rules (up to ${PREF_BLOCK}); right: give it a higher number (mwan3 begins at 1001)`,
    ];
  return [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return String(error);
  }
}
