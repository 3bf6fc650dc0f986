import * as z from 'zod/mini';
import { type Cidr, overlaps, parseCidr } from './cidr.ts';
import { TABLE_HINT } from './config-schema.ts';
import { type DriverKind, hasOwnPlane, isDriverKind, OWN_PLANE_KINDS } from './drivers/kinds.ts';
import { FIRST_MARK, FIRST_TABLE, FIRST_WAN_MARK, MAX_WANS, NOWHERE_TABLE } from './own.ts';

/*
 * Rules that look at several keys. They read the raw file, leniently, so that a wrong key elsewhere does not hide what they find.
 */
/** A value that fits, or undefined for one that is missing or wrong. */
const maybe = <T extends z.ZodMiniType>(schema: T) => z.catch(z.optional(schema), undefined);
const text = maybe(z.string());
const texts = maybe(z.array(z.string()));
const there = z.optional(z.unknown());
/** Rows that fit, or none. */
const rows = <T extends z.ZodMiniType>(row: T) => z.catch(z.array(row), []);

const lenient = z.object({
  lan: texts,
  class: z._default(
    rows(z.object({ from: texts, to: texts, protocol: text, ports: maybe(z.array(z.unknown())), via: text, failover: maybe(z.boolean()) })),
    [],
  ),
  wan: z._default(rows(z.object({ device: text })), []),
  tunnel: rows(
    z.object({
      server: text,
      driver: text,
      device: text,
      config: text,
      mptcp: there,
      up: there,
      down: there,
      status: there,
      timeout_s: there,
      section: there,
      table: maybe(z.number()),
      mark: maybe(z.number()),
    }),
  ),
});
type LenientTunnel = z.infer<typeof lenient>['tunnel'][number];
type LenientClass = z.infer<typeof lenient>['class'][number];

/** Every problem between keys, in the order of the file. */
export function crossCheck(raw: unknown): string[] {
  const parsed = lenient.safeParse(raw);
  if (!parsed.success) return [];
  const { tunnel, lan, wan } = parsed.data;
  const servers = tunnel.flatMap(({ server }) => server ?? []);
  return [
    ...tunnel.flatMap(checkDriver),
    ...checkMixture(tunnel, lan),
    ...checkDuplicates(tunnel),
    ...(wan.length === 0 ? [] : checkWans(wan, tunnel)),
    ...parsed.data.class.flatMap((entry, index) => checkClass(entry, `class[${index}]`, servers)),
  ];
}

/** Each flow that a class means must be possible, and its way must exist. */
function checkClass(entry: LenientClass, at: string, servers: readonly string[]): string[] {
  const { from = [], to = [], protocol, ports = [], via, failover } = entry;
  const families = (list: readonly string[]) => new Set(list.flatMap((text) => parseCidr(text)?.family ?? []));
  const [sources, targets] = [families(from), families(to)];
  const problems: string[] = [];
  if (from.length + to.length + ports.length === 0 && protocol === undefined)
    problems.push(`${at}: matches everything; right: at least one of from, to, protocol and ports`);
  if (ports.length > 0 && protocol === 'icmp')
    problems.push(`${at}.ports: icmp has no ports; right: protocol = "tcp" or "udp", or no ports`);
  if (sources.size > 0 && targets.size > 0 && ![...sources].some((family) => targets.has(family)))
    problems.push(`${at}: from and to are of different IP versions, so nothing matches`);
  if (via !== undefined && via !== 'direct' && !servers.includes(via))
    problems.push(
      `${at}.via: is "${via}", and there is no such tunnel; right: ${[...servers, 'direct'].map((name) => `"${name}"`).join(' or ')}`,
    );
  if (via === 'direct' && servers.includes('direct'))
    problems.push(`${at}.via: "direct" means no tunnel, but a server has this name; rename the server`);
  if (via === 'direct' && failover !== undefined)
    problems.push(`${at}.failover: what takes no tunnel has none to wait for; remove the key`);
  return [...problems, ...doubled(from, `${at}.from`), ...doubled(to, `${at}.to`)];
}

/** The kernel's sets refuse networks that lie in each other. */
function doubled(list: readonly string[], at: string): string[] {
  const known: { text: string; cidr: Cidr }[] = [];
  return list.flatMap((text) => {
    const cidr = parseCidr(text);
    if (cidr === null) return [];
    const other = known.find((entry) => overlaps(entry.cidr, cidr));
    known.push({ text, cidr });
    return other === undefined ? [] : [`${at}: ${text} and ${other.text} overlap; right: only the wider one`];
  });
}

function checkDriver(tunnel: LenientTunnel, index: number): string[] {
  const { driver } = tunnel;
  const at = `tunnel[${index}]`;
  if (driver === undefined || !isDriverKind(driver)) return [];
  const problems: string[] = misplacedKeys(tunnel, driver, at);
  if (!hasOwnPlane(driver) && tunnel.device === undefined) problems.push(`${at}.device: is missing; right: the tunnel's network device`);
  if (driver === 'wireguard' && tunnel.config === undefined)
    problems.push(`${at}.config: is missing; right: the path of a WireGuard configuration`);
  if (driver === 'openvpn' && tunnel.config === undefined)
    problems.push(`${at}.config: is missing; right: the path of an OpenVPN client's configuration`);
  if (driver === 'command')
    for (const key of ['up', 'down'] as const)
      if (tunnel[key] === undefined) problems.push(`${at}.${key}: is missing; right: a program and its arguments, as a list`);
  return problems;
}

/** Keys that only one driver reads: elsewhere they would be passed over in silence. */
const KEYS_OF = {
  up: 'command',
  down: 'command',
  status: 'command',
  timeout_s: 'command',
  mptcp: 'openvpn',
  section: 'openmptcprouter',
} as const;

function misplacedKeys(tunnel: LenientTunnel, driver: DriverKind, at: string): string[] {
  return Object.entries(KEYS_OF).flatMap(([key, owner]) =>
    Reflect.get(tunnel, key) === undefined || driver === owner
      ? []
      : [`${at}.${key}: is a key of driver "${owner}", and this is "${driver}"; remove it`],
  );
}

function checkMixture(tunnels: LenientTunnel[], lan: string[] | undefined): string[] {
  const kinds = tunnels.map((tunnel) => tunnel.driver).filter((kind): kind is DriverKind => kind !== undefined && isDriverKind(kind));
  const problems = OWN_PLANE_KINDS.flatMap((own) =>
    kinds.includes(own) && kinds.some((kind) => kind !== own)
      ? [`tunnel: "${own}" is mixed with other drivers; right: all tunnels ${own}, or none`]
      : [],
  );
  if (kinds.some((kind) => !hasOwnPlane(kind)) && (lan ?? []).length === 0)
    problems.push('lan: names no device; right: the devices whose traffic is steered, such as ["br-lan"]');
  return problems;
}

function checkDuplicates(tunnels: LenientTunnel[]): string[] {
  return [
    ...repeated(
      tunnels.map((tunnel) => tunnel.server),
      'server',
      'one tunnel a server',
    ),
    ...repeated(
      tunnels.map((tunnel) => tunnel.device),
      'device',
      'one device a tunnel',
    ),
    ...repeated(
      tunnels.map((tunnel, index) => tunnel.table ?? FIRST_TABLE + index),
      'table',
      `one table a tunnel (${TABLE_HINT})`,
    ),
    ...repeated(
      tunnels.map((tunnel, index) => tunnel.mark ?? FIRST_MARK + index),
      'mark',
      'one mark a tunnel',
    ),
  ];
}

/** WANs have numbers of their own, which tunnels must leave alone. */
function checkWans(wans: { device?: string | undefined }[], tunnels: LenientTunnel[]): string[] {
  const devices = wans.map(({ device }) => device);
  const taken = (value: number | undefined, first: number, count: number) => value !== undefined && value >= first && value < first + count;
  return [
    ...repeated(devices, 'device', 'one [[wan]] a device', 'wan'),
    ...tunnels.flatMap(({ device, table, mark }, index) => [
      ...(device !== undefined && devices.includes(device) ? [`tunnel[${index}].device: is "${device}", which is a WAN too`] : []),
      ...(taken(table, NOWHERE_TABLE, MAX_WANS + 1)
        ? [`tunnel[${index}].table: is ${table}; right: not ${NOWHERE_TABLE} to ${NOWHERE_TABLE + MAX_WANS}, which are the WANs'`]
        : []),
      ...(taken(mark, FIRST_WAN_MARK, MAX_WANS)
        ? [`tunnel[${index}].mark: is ${mark}; right: not ${FIRST_WAN_MARK} to ${FIRST_WAN_MARK + MAX_WANS - 1}, which are the WANs'`]
        : []),
    ]),
  ];
}

function repeated(values: (string | number | undefined)[], key: string, right: string, list = 'tunnel'): string[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    return value === undefined || first === index
      ? []
      : [`${list}[${index}].${key}: is ${JSON.stringify(value)}, as in ${list}[${first}]; right: ${right}`];
  });
}
