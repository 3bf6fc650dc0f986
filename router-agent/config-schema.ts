import * as z from 'zod/mini';
import { ID_PATTERN } from '../worker/protocol/ids.ts';
import { parseCidr } from './cidr.ts';
import { DRIVER_KINDS } from './drivers/kinds.ts';
import { parseHeartbeat } from './heartbeat/address.ts';
import { LOG_FORMATS, LOG_LEVELS } from './log.ts';
import { FIRST_TABLE, MAX_MARK, MAX_TUNNELS, MAX_WANS } from './own.ts';

const id = z
  .string('right: an id in quotes')
  .check(z.regex(ID_PATTERN, 'right: 1–32 characters of a–z, 0–9 and "-", not starting with "-", and not "constructor"'));
/** The kernel's limit is 15 bytes; the pattern also keeps names safe in nft scripts. */
const device = z
  .string('right: the name of a network device')
  .check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, 'right: the name of a network device, such as "wg0"'));
const path = z.string('right: a path in quotes').check(z.minLength(1, 'right: a path'));
const address = z.union([z.ipv4(), z.ipv6()], 'right: an IP address');

const whole = (min: number, max: number) =>
  z
    .int(`right: a whole number from ${min} to ${max}`)
    .check(z.minimum(min, `right: at least ${min}`), z.maximum(max, `right: at most ${max}`));

const MAX_LIST = 64;
/** A list of at most `max`, which may be left out; `what` names its members for the message. */
const list = <T extends z.ZodMiniType>(item: T, right: string, max = MAX_LIST, what = '') =>
  z._default(z.array(item, right).check(z.maxLength(max, `right: at most ${max}${what}`)), []);

const heartbeatAddress = z
  .string('right: "ADDRESS" or "ADDRESS:PORT", such as "10.9.0.1"')
  .check(
    z.refine(
      (text) => parseHeartbeat(text) !== null,
      'right: "ADDRESS" or "ADDRESS:PORT", such as "10.9.0.1", "10.9.0.1:7" or "[fd00::1]:7"',
    ),
  );

/** Not `URL.parse`: Node 20 has none. */
function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** The program with a path of its own or by its name, then its arguments. */
const argv = z
  .array(z.string('right: words in quotes'), 'right: a list of words, such as ["/etc/farwatch/tunnel", "up"]')
  .check(z.minLength(1, 'right: a program and its arguments, such as ["/etc/farwatch/tunnel", "up"]'));

const wanSchema = z.strictObject({
  device,
  gateway: z.optional(address),
  mptcp: z._default(z.enum(['subflow', 'backup', 'off'], 'right: "subflow", "backup" or "off"'), 'off'),
});

const network = z
  .string('right: an address or a network in quotes')
  .check(
    z.refine((text) => parseCidr(text) !== null, 'right: an address or a network, such as "192.168.1.20", "10.0.0.0/8" or "fd00::/8"'),
  );
const networks = list(network, 'right: a list of addresses or networks');

const tunnelSchema = z.strictObject({
  server: id,
  driver: z.enum(DRIVER_KINDS, `right: one of ${DRIVER_KINDS.join(', ')}`),
  /** Needed by all drivers but `simulated` and `openmptcprouter`. */
  device: z.optional(device),
  /** `wireguard`: the wg-quick style file; `openvpn`: the client's file. */
  config: z.optional(path),
  /** `openvpn` over TCP: run it under mptcpize, so that it uses all WANs. Without the key: yes. */
  mptcp: z.optional(z.boolean('right: true or false')),
  /** `openmptcprouter`: the server's section there. Without the key: the server's id, with "_" for "-". */
  section: z.optional(
    z.string('right: the name of a server section').check(z.regex(/^\w+$/, 'right: the name of a server section, such as "vps"')),
  ),
  /** `command`: argument lists, run without a shell. */
  up: z.optional(argv),
  down: z.optional(argv),
  status: z.optional(argv),
  /** `command`: how long each of them may take. */
  timeout_s: z.optional(whole(1, 300)),
  heartbeat: heartbeatAddress,
  /** Where the VPS is asked outside of the tunnel, by each WAN; without it, WireGuard's endpoint. A port that refuses is as good as one that accepts. */
  endpoint: z.optional(heartbeatAddress),
  /** Where its traffic comes out, as the edge sees it: addresses or networks. Without it, the endpoint is the guess; false: it is not checked. */
  exit: z.optional(
    z.union(
      [network, z.array(network).check(z.minLength(1, 'right: at least one address')), z.literal(false)],
      'right: an address, a list of addresses, or false',
    ),
  ),
  table: z.optional(whole(1, 250)),
  mark: z.optional(whole(1, MAX_MARK)),
});

const yes = z.boolean('right: true or false');
const PORT_HINT = 'right: a port, or a range such as "5000-5100"';
const isRange = (text: string) => {
  const [from = 0, to = 0, ...rest] = text.split('-').map(Number);
  return /^\d{1,5}-\d{1,5}$/.test(text) && rest.length === 0 && from >= 1 && from < to && to <= 65_535;
};
const port = z.union([whole(1, 65_535), z.string().check(z.refine(isRange, PORT_HINT))], PORT_HINT);
const ports = list(port, 'right: a list of ports');

/** Flows from the LAN that go their own way. All keys that are there must fit; in a list, one of it. */
const classSchema = z.strictObject({
  from: networks,
  to: networks,
  protocol: z.optional(z.enum(['tcp', 'udp', 'icmp'], 'right: "tcp", "udp" or "icmp"')),
  /** Of the far end. Without `protocol`: of TCP and UDP. */
  ports,
  /** A server of a tunnel here; `direct`: by no tunnel. */
  via: id,
  /** When the server is dead: with the others (true), or wait for it (false). */
  failover: z._default(yes, true),
});

const dnsSchema = z.strictObject({
  /** The router's own questions take the tunnel that carries. */
  follow: z._default(yes, false),
  /** Only those to these resolvers; without it, to all that are not on a network of the router. */
  resolvers: list(address, 'right: a list of IP addresses'),
});

/** The agent's file (TOML). Unknown keys are errors: a misspelt key must not pass silently. */
export const agentFileSchema = z.strictObject({
  edge: z.string('right: the URL of the edge').check(z.refine(isWebUrl, 'right: a URL that starts with https:// (or http:// in a lab)')),
  site: id,
  token_file: path,
  state_dir: z._default(path, '/var/lib/farwatch'),
  log_level: z._default(z.enum(LOG_LEVELS, `right: one of ${LOG_LEVELS.join(', ')}`), 'info'),
  log_format: z._default(z.enum(LOG_FORMATS, `right: one of ${LOG_FORMATS.join(', ')}`), 'text'),
  /** For node_exporter's textfile collector; its name should end in `.prom`. */
  metrics_file: z.optional(path),
  /** Forwarded traffic from these devices is steered. */
  lan: z._default(z.array(device, 'right: a list of devices, such as ["br-lan"]'), []),
  /** Source address of the polls, for a router whose default route is not the one to use. */
  local_address: z.optional(address),
  /** A VPS usually knows nothing of the LAN behind the router: steered traffic leaves with the tunnel's own address. */
  masquerade: z._default(yes, true),
  /** What comes from the LAN never leaves by a WAN: not before the first directive, not without a tunnel, not while the agent is away. */
  kill_switch: z._default(yes, false),
  dns: z._default(dnsSchema, { follow: false, resolvers: [] }),
  class: list(classSchema, 'right: [[class]] tables', MAX_LIST, ' classes'),
  heartbeat: z._default(
    z.strictObject(
      {
        interval_ms: z._default(whole(20, 60_000), 200),
        misses: z._default(whole(1, 20), 3),
        /** Of a path whose counters are read and that is well: traffic itself tells of trouble, so this only has to keep an idle line known. */
        idle_interval_ms: z._default(whole(20, 600_000), 10_000),
      },
      'right: a table with interval_ms, misses and idle_interval_ms',
    ),
    { interval_ms: 200, misses: 3, idle_interval_ms: 10_000 },
  ),
  /** In the order of preference. */
  wan: list(wanSchema, 'right: [[wan]] tables', MAX_WANS, ' WANs'),
  /** A preferred WAN that was lost must have been well for `well_s` before tunnels return to it, and longer when it comes and goes, up to `max_s`. */
  wan_return: z._default(
    z.strictObject(
      { well_s: z._default(whole(1, 3600), 30), max_s: z._default(whole(1, 86_400), 900) },
      'right: a table with well_s and max_s',
    ),
    { well_s: 30, max_s: 900 },
  ),
  tunnel: z
    .array(tunnelSchema, 'right: at least one [[tunnel]]')
    .check(z.minLength(1, 'right: at least one [[tunnel]]'), z.maxLength(MAX_TUNNELS, `right: at most ${MAX_TUNNELS} tunnels`)),
});
export type AgentFile = z.infer<typeof agentFileSchema>;

/** Which numbers tables take by themselves; for messages. */
export const TABLE_HINT = `without the key it is ${FIRST_TABLE}, ${FIRST_TABLE + 1}, … by the tunnel's place`;
