import * as z from 'zod/mini';
import { fail, type Outcome, succeed } from '../outcome.ts';
import { ROUTE_PROTOCOL } from '../own.ts';
import type { Os } from '../runner.ts';
import type { Family, Lane, Link, Observed } from './model.ts';
import { observeTable } from './observe-nft.ts';

const ruleSchema = z.object({
  priority: z.int(),
  src: z.string(),
  dst: z.optional(z.string()),
  fwmark: z.optional(z.string()),
  fwmask: z.optional(z.string()),
  iif: z.optional(z.string()),
  /** What is not a look-up, such as `unreachable`. */
  action: z.optional(z.string()),
  table: z.optional(z.string()),
  suppress_prefixlen: z.optional(z.int()),
  protocol: z.optional(z.string()),
});
const routeSchema = z.object({
  type: z.optional(z.string()),
  dst: z.string(),
  gateway: z.optional(z.string()),
  dev: z.optional(z.string()),
  table: z.optional(z.string()),
  metric: z.optional(z.int()),
});
const linkSchema = z.object({
  ifname: z.string(),
  flags: z.array(z.string()),
  mtu: z.int(),
  addr_info: z.array(z.object({ family: z.optional(z.string()), local: z.optional(z.string()), scope: z.optional(z.string()) })),
});

/** Reads what the kernel does now. It changes nothing. */
export async function observe(os: Os, lanes: readonly Lane[]): Promise<Outcome<Observed>> {
  const hasIpv6 = os.read('/proc/sys/net/ipv6/conf/all/disable_ipv6') === '0';
  const protocol = String(ROUTE_PROTOCOL);
  const list = (family: Family, ...words: string[]) =>
    family === 6 && !hasIpv6 ? Promise.resolve([]) : ipJson(os, [`-${family}`, ...words]);
  const [table, links, rules4, rules6, routes4, routes6, defaults4, defaults6] = await Promise.all([
    observeTable(os),
    ipJson(os, ['addr', 'show']),
    list(4, 'rule', 'show'),
    list(6, 'rule', 'show'),
    list(4, 'route', 'show', 'table', 'all', 'proto', protocol),
    list(6, 'route', 'show', 'table', 'all', 'proto', protocol),
    list(4, 'route', 'show', 'default'),
    list(6, 'route', 'show', 'default'),
  ]);
  const parsed = {
    links: z.array(linkSchema).safeParse(links),
    rules: z.array(ruleSchema).safeParse(rules4),
    rules6: z.array(ruleSchema).safeParse(rules6),
    routes: z.array(routeSchema).safeParse(routes4),
    routes6: z.array(routeSchema).safeParse(routes6),
    defaults: z.array(routeSchema).safeParse(defaults4),
    defaults6: z.array(routeSchema).safeParse(defaults6),
  };
  for (const [what, result] of Object.entries(parsed))
    if (!result.success) return fail(`cannot read the kernel's ${what}: is iproute2 with JSON (ip -j) installed?`);
  const owned = (rules: z.infer<typeof ruleSchema>[] = []) => rules.filter((rule) => rule.protocol === protocol).map(ruleText);
  return succeed({
    table,
    rules: { 4: owned(parsed.rules.data), 6: owned(parsed.rules6.data) },
    routes: { 4: (parsed.routes.data ?? []).map(routeText), 6: (parsed.routes6.data ?? []).map(routeText) },
    links: Object.fromEntries((parsed.links.data ?? []).map((link) => [link.ifname, readLink(link)])),
    gateways: { 4: gatewaysOf(parsed.defaults.data), 6: gatewaysOf(parsed.defaults6.data) },
    rpFilter: Object.fromEntries(lanes.map(({ device }) => [device, rpFilterOf(os, device)])),
    hasIpv6,
  });
}

async function ipJson(os: Os, words: string[]): Promise<unknown> {
  const result = await os.query(['ip', '-j', ...words]);
  if (result.code !== 0) return null;
  try {
    // An empty list is printed as nothing at all by some versions.
    return result.stdout.trim() === '' ? [] : JSON.parse(result.stdout);
  } catch (error) {
    return String(error);
  }
}

/** A rule as `ip rule add` takes it; plan.ts writes the same form. */
function ruleText(rule: z.infer<typeof ruleSchema>): string {
  const words = [`pref ${rule.priority}`];
  if (rule.src !== 'all') words.push(`from ${rule.src}`);
  if (rule.dst !== undefined) words.push(`to ${rule.dst}`);
  if (rule.fwmark !== undefined) words.push(`fwmark ${rule.fwmark}/${rule.fwmask ?? '0xffffffff'}`);
  if (rule.iif !== undefined) words.push(`iif ${rule.iif}`);
  words.push(rule.action ?? `lookup ${rule.table ?? '?'}`);
  if (rule.suppress_prefixlen !== undefined) words.push(`suppress_prefixlength ${rule.suppress_prefixlen}`);
  return words.join(' ');
}

/** A route as `ip route add` takes it; plan.ts writes the same form. */
function routeText(route: z.infer<typeof routeSchema>): string {
  const table = `table ${route.table ?? 'main'}`;
  if (route.type === 'unreachable') return `unreachable ${route.dst} metric ${route.metric ?? 0} ${table}`;
  const via = route.gateway === undefined ? '' : ` via ${route.gateway}`;
  return `${route.dst}${via} dev ${route.dev ?? '?'} ${table}`;
}

/** Of several by one device the first listed, which has the lowest metric. */
function gatewaysOf(routes: z.infer<typeof routeSchema>[] = []): Record<string, string> {
  const known = routes.flatMap(({ dev, gateway }) => (dev === undefined || gateway === undefined ? [] : [[dev, gateway] as const]));
  return Object.fromEntries(known.reverse());
}

function readLink(link: z.infer<typeof linkSchema>): Link {
  const of = (family: string) =>
    link.addr_info.flatMap((info) => (info.family === family && info.scope === 'global' && info.local !== undefined ? [info.local] : []));
  const { flags } = link;
  const pointToPoint = flags.includes('POINTOPOINT');
  return { device: link.ifname, up: flags.includes('UP'), mtu: link.mtu, pointToPoint, addresses: { 4: of('inet'), 6: of('inet6') } };
}

/** The kernel uses the higher of the two. */
function rpFilterOf(os: Os, device: string): number {
  const value = (name: string) => Number(os.read(`/proc/sys/net/ipv4/conf/${name}/rp_filter`) ?? 0);
  return Math.max(value('all'), value(device));
}
