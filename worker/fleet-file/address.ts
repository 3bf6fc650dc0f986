const HOSTNAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/;

/** What would end the host inside a URL, or be dropped or decoded silently there. */
const NOT_IN_HOSTS = /[/\\?#@%[\]\s]/;

/** Names that only mean something on this machine or this network (RFC 6761, 6762, 8375, 9476 and the ICANN's "internal"). */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa|lan|alt)$/;

/** Networks that the public internet does not route, as [first octets as one number, prefix length]. Documentation networks are not refused: examples use them. */
const PRIVATE_V4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
];

/**
 * The host as the URL standard writes it (lower case, IPv4 in four decimal parts, IPv6 shortened and without brackets), or null when it is neither
 * a host name nor an address. `0x7f.1` becomes `127.0.0.1`, so that no spelling gets around `isPrivateHost`.
 */
export function canonicalHost(host: string): string | null {
  if (NOT_IN_HOSTS.test(host)) return null;
  const url = URL.parse(`http://${host.includes(':') ? `[${host}]` : host}/`);
  if (url === null) return null;
  const name = unbracketed(url.hostname);
  return name.includes(':') || HOSTNAME.test(name) ? name : null;
}

/** A URL's host name without the brackets of an IPv6 literal. */
export function unbracketed(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** The port that a URL means. */
export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}

/** Whether a canonical host is an IPv4 or IPv6 literal. */
export function isIpLiteral(host: string): boolean {
  return host.includes(':') || v4Number(host) !== null;
}

/** Whether a canonical host is of this machine or a private network: loopback, link-local, RFC 1918, carrier NAT, ULA, multicast, or a name without a public suffix. */
export function isPrivateHost(host: string): boolean {
  if (host.includes(':')) return isPrivateV6(host);
  const v4 = v4Number(host);
  if (v4 !== null) return isPrivateV4(v4);
  return LOCAL_NAME.test(host) || !host.includes('.');
}

function v4Number(host: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host);
  if (match === null) return null;
  return match.slice(1).reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function isPrivateV4(address: number): boolean {
  return PRIVATE_V4.some(([network, length]) => sharesPrefix(address, v4Number(network) ?? 0, length, 32));
}

/** Whether a canonical address is in a network of the same family, given by a canonical address and the length of its prefix (of IPv6 at most 32). */
export function isWithin(host: string, network: string, length: number): boolean {
  if (host.includes(':') !== network.includes(':')) return false;
  if (host.includes(':')) return sharesPrefix(v6Top(host), v6Top(network), length, 32);
  return sharesPrefix(v4Number(host) ?? 0, v4Number(network) ?? 0, length, 32);
}

function sharesPrefix(a: number, b: number, length: number, width: number): boolean {
  const size = 2 ** (width - length);
  return Math.floor(a / size) === Math.floor(b / size);
}

/** The first 32 bits. */
function v6Top(host: string): number {
  const [first = 0, second = 0] = v6Groups(host);
  return first * 65536 + second;
}

function isPrivateV6(host: string): boolean {
  const groups = v6Groups(host);
  const [first = 0] = groups;
  const embedsV4 = groups.slice(0, 5).every((group) => group === 0) || (first === 0x64 && groups[1] === 0xff9b);
  if (embedsV4) return isPrivateV4((groups[6] ?? 0) * 65536 + (groups[7] ?? 0));
  return (first & 0xffc0) === 0xfe80 || (first & 0xfe00) === 0xfc00 || (first & 0xff00) === 0xff00;
}

/** The eight groups of a canonical IPv6 address (the URL standard never writes the dotted form). */
function v6Groups(host: string): number[] {
  const [head = '', tail] = host.split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [parse(head), parse(tail ?? '')];
  return tail === undefined ? left : [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
