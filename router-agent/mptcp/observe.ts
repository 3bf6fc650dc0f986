import * as z from 'zod/mini';
import { fail, type Outcome, succeed } from '../outcome.ts';
import type { Os } from '../runner.ts';
import { type Limits, type MptcpObserved, STALE_LOSS_COUNT } from './plan.ts';

const endpointsSchema = z.array(
  z.object({ address: z.string(), id: z.int(), dev: z.optional(z.string()), backup: z.optional(z.boolean()) }),
);

/** The kernel's MPTCP endpoints and limits. */
export async function observeMptcp(os: Os): Promise<Outcome<MptcpObserved>> {
  const [endpoints, limits] = await Promise.all([
    os.query(['ip', '-j', 'mptcp', 'endpoint', 'show']),
    os.query(['ip', 'mptcp', 'limits', 'show']),
  ]);
  if (endpoints.code !== 0 || limits.code !== 0) return fail(`this kernel or \`ip\` knows no MPTCP (${endpoints.stderr || limits.stderr})`);
  const numbers = parseLimits(limits.stdout);
  const parsed = endpointsSchema.safeParse(parseJson(endpoints.stdout));
  if (!parsed.success || numbers === null) return fail('cannot read what `ip mptcp` says');
  return succeed({
    limits: numbers,
    staleLossCount: numberOf(os.read(STALE_LOSS_COUNT)),
    endpoints: parsed.data.map(({ address, id, dev, backup }) => ({ id, address, device: dev ?? null, backup: backup === true })),
  });
}

const numberOf = (text: string | null) => (text === null ? null : Number(text));

function parseJson(text: string): unknown {
  try {
    return text.trim() === '' ? [] : JSON.parse(text);
  } catch (error) {
    return String(error);
  }
}

/** `add_addr_accepted 0 subflows 2`, in any order; no version writes it as JSON so far. */
function parseLimits(text: string): Limits | null {
  const number = (name: string) => new RegExp(`${name}\\s+(\\d+)`).exec(text)?.[1];
  const [subflows, accepted] = [number('subflows'), number('add_addr_accepted')];
  return subflows === undefined || accepted === undefined ? null : { subflows: Number(subflows), addAddrAccepted: Number(accepted) };
}
