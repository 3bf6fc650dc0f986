import { isIPv6 } from 'node:net';
import {
  FIRST_WAN_TABLE,
  MARK_MASK,
  MAX_WANS,
  NOWHERE_TABLE,
  PREF_SOURCE,
  PREF_WAN_MARK,
  PREF_WAN_NOWHERE,
  PREF_WAN_PROBE,
  UNREACHABLE_METRIC,
} from '../own.ts';
import { hex } from './chains.ts';
import type { Desired, Family, Observed, WanLane } from './model.ts';

/*
 * Each WAN has a table with one default route. Tunnels are sent there by mark: when the device is down the table is empty and they follow `main`, which is
 * another WAN if there is one. Probes are sent there by their source address, and nowhere else: they must say the truth about this WAN.
 */

export function wanRoutes({ wans }: Desired, observed: Observed, family: Family): string[] {
  if (wans.length === 0) return [];
  return [
    `unreachable default metric ${UNREACHABLE_METRIC} table ${NOWHERE_TABLE}`,
    ...wans.flatMap((wan) => defaultRoute(wan, observed, family)),
  ];
}

export function isOfWan(route: string): boolean {
  const table = Number(/ table (\d+)$/.exec(route)?.[1]);
  return table >= FIRST_WAN_TABLE && table < FIRST_WAN_TABLE + MAX_WANS;
}

/** By the file's gateway, else by what DHCP or a router's advertisement put into `main`, else – when `main` has lost it – as it was. */
function defaultRoute({ device, gateway, table }: WanLane, observed: Observed, family: Family): string[] {
  const link = observed.links[device];
  if (link?.up !== true || link.addresses[family].length === 0) return [];
  const own = gateway !== null && familyOf(gateway) === family ? gateway : null;
  const via = own ?? observed.gateways[family][device];
  if (via !== undefined) return [`default via ${via} dev ${device} table ${table}`];
  if (link.pointToPoint) return [`default dev ${device} table ${table}`];
  return observed.routes[family].filter((route) => route.endsWith(` dev ${device} table ${table}`));
}

/** What goes before the main table: tunnels by mark, probes by address. */
export function wanRules({ wans, endpoints }: Desired, observed: Observed, family: Family): string[] {
  const targets = [...new Set(endpoints)].filter((endpoint) => familyOf(endpoint) === family);
  const probes = wans.flatMap((wan) => addressesOf(wan.device, observed, family).map((address) => ({ address, table: wan.table })));
  const pairs = probes.flatMap((probe) => targets.map((target) => ({ ...probe, target })));
  return [
    ...wans.map(({ mark, table }, index) => `pref ${PREF_WAN_MARK + index} fwmark ${hex(mark)}/${hex(MARK_MASK)} lookup ${table}`),
    ...pairs.map(({ address, target, table }) => `pref ${PREF_WAN_PROBE} from ${address} to ${target} lookup ${table}`),
    ...pairs.map(({ address, target }) => `pref ${PREF_WAN_NOWHERE} from ${address} to ${target} lookup ${NOWHERE_TABLE}`),
  ];
}

/** What leaves from the address of a WAN or of a tunnel leaves by it: the poll and the check of the exit choose their way so. */
export function sourceRules({ wans, lanes }: Desired, observed: Observed, family: Family): string[] {
  return [...wans, ...lanes].flatMap(({ device, table }) =>
    addressesOf(device, observed, family).map((address) => `pref ${PREF_SOURCE} from ${address} lookup ${table}`),
  );
}

function addressesOf(device: string, observed: Observed, family: Family): string[] {
  return observed.links[device]?.addresses[family] ?? [];
}

const familyOf = (address: string): Family => (isIPv6(address) ? 6 : 4);
