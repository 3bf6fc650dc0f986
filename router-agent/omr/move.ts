import { fail, type Outcome, succeed } from '../outcome.ts';
import { carryingSection, serversOf } from './servers.ts';
import { one, STATE_FOLDER, type Uci } from './uci.ts';

/** Commands in order; `mayFail`: its failure says nothing. */
export interface OmrStep {
  argv: string[];
  why: string;
  mayFail?: true;
}

/** Options that hold the address of the server that carries. */
const ADDRESS_KEYS = [
  /^shadowsocks-(rust|libev)\.sss0\.server$/,
  /^(xray|v2ray)\.omrout\.s_\w+_address$/,
  /^(glorytun|glorytun-udp|dsvpn)\.vpn\.host$/,
  /^mlvpn\.general\.host$/,
  /^openvpn\.omr\.remote$/,
];

/** `openmptcprouter.settings.proxy` and `.vpn` → the service. What is not here has nothing to restart. */
const PROXIES: [RegExp, string][] = [
  [/^shadowsocks-rust/, 'shadowsocks-rust'],
  [/^shadowsocks/, 'shadowsocks-libev'],
  [/^xray/, 'xray'],
  [/^v2ray/, 'v2ray'],
];
const VPNS: [RegExp, string][] = [
  [/^glorytun[_-]udp/, 'glorytun-udp'],
  [/^glorytun/, 'glorytun'],
  [/^openvpn/, 'openvpn'],
  [/^mlvpn/, 'mlvpn'],
  [/^dsvpn/, 'dsvpn'],
  [/^mqvpn/, 'mqvpn'],
];

/**
 * What moves OpenMPTCProuter to the server of `section`; nothing when it is there already, unless `again` (a move that was interrupted). Roles are
 * flipped, so that its own server tracker, should it run, agrees with us instead of moving back. Addresses are changed where they are in use,
 * each package that was changed is committed, and only then the services are restarted: the one that fetches keys first.
 */
export function planOmrMove(uci: Uci, state: Uci, section: string, { again = false } = {}): Outcome<OmrStep[]> {
  const servers = serversOf(uci, state);
  const target = servers.find((server) => server.section === section);
  if (target === undefined)
    return fail(`openmptcprouter has no server ${section}; there are ${servers.map((server) => server.section).join(', ') || 'none'}`);
  if (target.disabled) return fail(`openmptcprouter.${section} is disabled`);
  if (target.ip === null) return fail(`openmptcprouter.${section}.ip is missing`);
  // What else is different there is its owner's doing: a name resolved to an address, a second remote.
  if (!again && carryingSection(servers) === section) return succeed([]);
  const writes = [
    ...servers
      .filter((server) => server.section !== section)
      .flatMap((server) => roleOf(server.section, { master: '0', backup: '1' }, uci, server.master || server.current)),
    ...roleOf(section, { master: '1', backup: '0', get_config: '1' }, uci, true),
    ...addresses(uci, target.ip),
    ...currentFlags(
      servers.map((server) => server.section),
      section,
      uci,
    ),
  ];
  const packages = [...new Set(writes.filter(({ argv }) => argv[1] !== '-P').map(packageOf))];
  const steps: OmrStep[] = [
    ...writes,
    ...packages.map((name) => ({ argv: ['uci', 'commit', name], why: `keep the changes of ${name}` })),
    ...restarts(uci),
    { argv: ['conntrack', '-D', '-p', 'udp'], why: 'UDP flows of the old server begin anew', mayFail: true },
  ];
  return succeed(steps);
}

const set = (key: string, value: string, why: string): OmrStep => ({ argv: ['uci', 'set', `${key}=${value}`], why });
const packageOf = ({ argv }: OmrStep) => (argv[2] ?? '').split('.')[0] ?? '';

/** A third server keeps its role, unless it has the one that the target gets. */
function roleOf(section: string, options: Record<string, string>, uci: Uci, concerned: boolean): OmrStep[] {
  if (!concerned) return [];
  return Object.entries(options)
    .filter(([option, value]) => one(uci, `openmptcprouter.${section}.${option}`) !== value)
    .map(([option, value]) => set(`openmptcprouter.${section}.${option}`, value, `${section}: ${option}=${value}`));
}

function addresses(uci: Uci, ip: string): OmrStep[] {
  return [...uci].flatMap(([key, values]) => {
    const used = ADDRESS_KEYS.some((pattern) => pattern.test(key));
    if (!used || (values.length === 1 && values[0] === ip)) return [];
    if (!key.startsWith('openvpn.')) return [set(key, ip, `${key} is the server's address`)];
    return [
      { argv: ['uci', 'delete', key], why: `${key} is the server's address` },
      { argv: ['uci', 'add_list', `${key}=${ip}`], why: `${key} is the server's address` },
    ];
  });
}

/** Older builds keep `current` with the configuration, newer ones in the volatile state. */
const currentIsKept = (uci: Uci) => [...uci.keys()].some((key) => /^openmptcprouter\.\w+\.current$/.test(key));

function currentFlags(sections: readonly string[], target: string, uci: Uci): OmrStep[] {
  return sections.flatMap((section) => {
    const key = `openmptcprouter.${section}.current`;
    const value = section === target ? '1' : '0';
    if (currentIsKept(uci))
      return one(uci, key) === value ? [] : [set(key, value, `${section} is ${value === '1' ? 'current' : 'not current'}`)];
    const volatile = ['uci', '-P', STATE_FOLDER];
    const steps: OmrStep[] = [
      // Its changes are only ever appended: without this the file grows.
      { argv: [...volatile, 'revert', key], why: `forget the former ${key}`, mayFail: true },
      { argv: [...volatile, 'set', `${key}=${value}`], why: `${section} is ${value === '1' ? 'current' : 'not current'}` },
    ];
    return steps;
  });
}

function restarts(uci: Uci): OmrStep[] {
  const service = (kinds: [RegExp, string][], setting: string) =>
    kinds.find(([pattern]) => pattern.test(one(uci, `openmptcprouter.settings.${setting}`) ?? ''))?.[1];
  const active = [service(PROXIES, 'proxy'), service(VPNS, 'vpn')].filter((name) => name !== undefined);
  return [
    { argv: ['/etc/init.d/openmptcprouter-vps', 'restart'], why: "fetch the server's keys" },
    ...active.map((name) => ({
      argv: [`/etc/init.d/${name}`, 'restart', ...(name === 'openvpn' ? ['omr'] : [])],
      why: `${name} connects to the server`,
    })),
  ];
}
