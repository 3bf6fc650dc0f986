import { isIPv6 } from 'node:net';
import {
  HOLD_BIT,
  MARK_MASK,
  NFT_TABLE,
  PREF_BLOCK,
  PREF_HEARTBEAT,
  PREF_LOCAL,
  PREF_MARK,
  ROUTE_PROTOCOL,
  TICKLE_DEVICE,
  UNREACHABLE_METRIC,
} from '../own.ts';
import { chainsOf, hex } from './chains.ts';
import type { Desired, Family, Lane, Layout, Observed, Step } from './model.ts';
import { fingerprintOf, steeringOf, steeringScript, tableScript } from './nft.ts';
import { expectedFingerprint } from './observe-nft.ts';
import { isOfWan, sourceRules, wanRoutes, wanRules } from './wan-plan.ts';

/**
 * What to do so that the kernel does what is desired: nothing when it does already. Routes and rules are installed before the marks that
 * use them, and what is no longer wanted is deleted last.
 */
export function planSteps(desired: Desired, observed: Observed): Step[] {
  const wanted = familiesOf(observed).map((family) => ({
    family,
    routes: [...wantedRoutes(desired, observed, family), ...wanRoutes(desired, observed, family)],
    rules: wantedRules(desired, observed, family),
  }));
  return [
    ...blockSteps(desired, observed),
    ...sysctlSteps(desired, observed),
    ...wanted.flatMap(({ family, routes }) => missingRoutes(family, routes, observed.routes[family])),
    ...wanted.flatMap(({ family, rules }) => missingRules(family, rules, [...observed.rules[family], ...blockRules(desired)])),
    ...tableSteps(desired, observed),
    ...wanted.flatMap(({ family, rules }) => extraRules(family, rules, observed.rules[family])),
    ...wanted.flatMap(({ family, routes }) => extraRoutes(family, routes, observed.routes[family])),
  ];
}

/**
 * The kill switch: it stands before anything else, so that nothing slips out while tunnels are still being made, and it needs neither our table nor
 * a living agent.
 */
export function blockSteps(desired: Pick<Desired, 'lan' | 'killSwitch'>, observed: Observed): Step[] {
  return familiesOf(observed).flatMap((family) => missingRules(family, blockRules(desired), observed.rules[family]));
}

const LOCAL_RULE = `pref ${PREF_LOCAL} lookup main suppress_prefixlength 0`;

/** Local networks stay reachable; only what a class sends by no tunnel carries the bit. */
function blockRules({ lan, killSwitch }: Pick<Desired, 'lan' | 'killSwitch'>): string[] {
  if (!killSwitch) return [];
  return [LOCAL_RULE, ...lan.map((device, index) => `pref ${PREF_BLOCK + index} fwmark 0/${hex(HOLD_BIT)} iif ${device} unreachable`)];
}

const familiesOf = ({ hasIpv6 }: Observed): Family[] => (hasIpv6 ? [4, 6] : [4]);

/** A strict filter (1) drops what comes back through a tunnel, because the way to it is by mark; loose (2) and off (0) are left alone. */
function sysctlSteps(desired: Desired, observed: Observed): Step[] {
  return desired.lanes
    .filter(({ device }) => observed.links[device] !== undefined && observed.rpFilter[device] === 1)
    .map(({ device }) => ({
      kind: 'sysctl',
      path: rpFilterPath(device),
      value: '2',
      why: `a strict reverse-path filter would drop the answers on ${device}`,
    }));
}

export const rpFilterPath = (device: string) => `/proc/sys/net/ipv4/conf/${device}/rp_filter`;

/**
 * IPv6 is steered when a tunnel has an address for it; else it stays as it was. A tunnel without one then refuses it, and clients take
 * IPv4 at once. A device that is missing just now does not end what was steered before: its traffic must not leak.
 */
function steers(family: Family, desired: Desired, observed: Observed): boolean {
  if (family === 4) return true;
  const missing = desired.lanes.some(({ device }) => observed.links[device] === undefined);
  return desired.lanes.some(({ device }) => hasAddress(observed, device, 6)) || (missing && observed.routes[6].length > 0);
}

function hasAddress(observed: Observed, device: string, family: Family): boolean {
  return (observed.links[device]?.addresses[family].length ?? 0) > 0;
}

function wantedRoutes(desired: Desired, observed: Observed, family: Family): string[] {
  if (!steers(family, desired, observed)) return [];
  return desired.lanes.flatMap(({ device, table }) => {
    const last = `unreachable default metric ${UNREACHABLE_METRIC} table ${table}`;
    const usable = observed.links[device]?.up === true && (family === 4 || hasAddress(observed, device, 6));
    return usable ? [last, `default dev ${device} table ${table}`] : [last];
  });
}

function wantedRules(desired: Desired, observed: Observed, family: Family): string[] {
  const first = [
    ...desired.lanes.flatMap((lane, index) => heartbeatRule(lane, index, observed, family)),
    ...wanRules(desired, observed, family),
  ];
  const sources = sourceRules(desired, observed, family);
  const block = blockRules(desired);
  const steered = steers(family, desired, observed);
  const local = block.length > 0 ? block : steered || sources.length > 0 ? [LOCAL_RULE] : [];
  if (!steered) return [...first, ...local, ...sources];
  return [
    ...first,
    ...local,
    ...sources,
    ...desired.lanes.map(({ mark, table }, index) => `pref ${PREF_MARK + index} fwmark ${hex(mark)}/${hex(MARK_MASK)} lookup ${table}`),
  ];
}

/** Heartbeats leave from the tunnel's own address and must stay inside it, whatever `main` knows about their destination. */
function heartbeatRule(lane: Lane, index: number, observed: Observed, family: Family): string[] {
  const source = heartbeatSource(lane, observed);
  if (source === undefined || familyOf(lane.heartbeat) !== family) return [];
  return [`pref ${PREF_HEARTBEAT + index} from ${source} to ${lane.heartbeat} lookup ${lane.table}`];
}

/** The address that a lane's heartbeats leave from: the device's first of that family. */
export function heartbeatSource(lane: Lane, observed: Observed): string | undefined {
  return observed.links[lane.device]?.addresses[familyOf(lane.heartbeat)][0];
}

const familyOf = (address: string): Family => (isIPv6(address) ? 6 : 4);

const ip = (family: Family, object: string, verb: string, text: string, tag: string): string[] => [
  'ip',
  `-${family}`,
  object,
  verb,
  ...text.split(' '),
  tag,
  String(ROUTE_PROTOCOL),
];

function missingRoutes(family: Family, wanted: string[], found: string[]): Step[] {
  return wanted
    .filter((route) => !found.includes(route))
    .map((route) => ({
      kind: 'command',
      argv: ip(family, 'route', 'replace', route, 'proto'),
      why: `missing: ${route}`,
      // A gateway that the file names may be wrong since the provider gave another address: the other WANs still have theirs.
      ...(isOfWan(route) ? { alone: true } : {}),
    }));
}

function missingRules(family: Family, wanted: string[], found: string[]): Step[] {
  return wanted
    .filter((rule) => !found.includes(rule))
    .map((rule) => ({ kind: 'command', argv: ip(family, 'rule', 'add', rule, 'protocol'), why: `missing: ${rule}` }));
}

function extraRules(family: Family, wanted: string[], found: string[]): Step[] {
  return found
    .filter((rule) => !wanted.includes(rule))
    .map((rule) => ({ kind: 'command', argv: ip(family, 'rule', 'del', rule, 'protocol'), why: `no longer wanted: ${rule}` }));
}

/** A default route through another device was replaced above, in one step: it is gone already. */
function extraRoutes(family: Family, wanted: string[], found: string[]): Step[] {
  const slot = (route: string) => route.replace(/( via \S+)? dev \S+/, ' dev');
  const taken = new Set(wanted.map(slot));
  return found
    .filter((route) => !taken.has(slot(route)))
    .map((route) => ({ kind: 'command', argv: ip(family, 'route', 'del', route, 'proto'), why: `no longer wanted: ${route}` }));
}

/** Devices that are not there yet have no MTU: the table is made anew when they come. */
export function layoutOf(desired: Desired, observed: Observed): Layout {
  const mtus = desired.lanes.flatMap(({ device }) => {
    const link = observed.links[device];
    return link === undefined ? [] : [[device, link.mtu] as const];
  });
  return { ...desired, mtus: Object.fromEntries(mtus) };
}

function tableSteps(desired: Desired, observed: Observed): Step[] {
  const layout = layoutOf(desired, observed);
  const chains = chainsOf(layout);
  const wanted = steeringOf(desired);
  if (observed.table?.fingerprint !== expectedFingerprint(fingerprintOf(chains), chains)) {
    return [
      {
        kind: 'nft',
        script: tableScript(layout, wanted),
        why: observed.table === null ? 'our table is missing' : 'our table is of another configuration',
      },
    ];
  }
  const script = steeringScript(observed.table.steering, wanted);
  return script === '' ? [] : [{ kind: 'nft', script, why: 'weights or living paths changed' }];
}

const isBlock = (rule: string) => rule.endsWith(' unreachable');

/** What removes everything of ours that is in the kernel; nothing when there is nothing. */
export function planTeardown(observed: Observed): Step[] {
  const families: Family[] = [4, 6];
  return [
    ...(observed.table === null
      ? []
      : [{ kind: 'command' as const, argv: ['nft', 'delete', 'table', 'inet', NFT_TABLE], why: 'our table' }]),
    ...families.flatMap((family) => extraRules(family, observed.rules[family].filter(isBlock), observed.rules[family])),
    ...families.flatMap((family) => extraRoutes(family, [], observed.routes[family])),
    // Last: until here nothing leaves by a WAN that came from the LAN.
    ...families.flatMap((family) => extraRules(family, [], observed.rules[family].filter(isBlock))),
    ...(observed.links[TICKLE_DEVICE] === undefined
      ? []
      : [{ kind: 'command' as const, argv: ['ip', 'link', 'del', 'dev', TICKLE_DEVICE], why: `device ${TICKLE_DEVICE}` }]),
  ];
}
