import { canonicalHost, isPrivateHost } from '../fleet-file/address.ts';

/** A channel's URL, taken apart and with its secrets filled in. It is never shown. */
export interface Target {
  scheme: string;
  user: string;
  password: string;
  /** Host and port as they stand, for channels whose URL has a token there. */
  authority: string;
  /** `host` or `host:port`, made sure to be one, or why it is none. */
  place: { ok: true; origin: string } | { ok: false; problem: string };
  path: string[];
  /** The path as a URL has it, with its last slash. */
  pathname: string;
  query: ReadonlyMap<string, string>;
  /** The values of its secrets: nothing that holds one is shown. */
  secrets: readonly string[];
}

export type ReadTarget = { ok: true; target: Target } | { ok: false; problem: string };

/** The Worker's own: a notification must not carry them away. */
const NOT_FOR_URLS = new Set(['ADMIN_TOKEN']);
const NAME = /\$\{([^}]*)\}/g;

/**
 * Reads an Apprise URL (`scheme://user:password@host:port/path?key=value`) and fills in `${NAME}` from `env`. A secret is taken as it is, whatever
 * characters it has; only where it stands alone for the host or a whole part of the path its slashes count, so that `discord://${DISCORD}` can be both
 * parts at once. `#` has no meaning of its own (Slack's channels).
 */
export function readTarget(url: string, env: Readonly<Record<string, unknown>>, allowPrivate: boolean): ReadTarget {
  const missing = new Set<string>();
  const secrets: string[] = [];
  const fill = (text: string): string =>
    decoded(text).replace(NAME, (_, name: string) => {
      const value = NOT_FOR_URLS.has(name) ? undefined : env[name];
      if (typeof value !== 'string' || value === '') missing.add(name);
      else secrets.push(value);
      return typeof value === 'string' ? value : '';
    });
  const [scheme = '', rest = ''] = halves(url, '://');
  const [address, query] = halves(rest, '?');
  const [before = '', ...segments] = address.split('/');
  const at = before.lastIndexOf('@');
  const [user, password] = credentials(before.slice(0, Math.max(at, 0)), fill);
  const [authority = '', ...more] = fill(before.slice(at + 1)).split('/');
  const path = [...more, ...segments.flatMap((part) => (/^\$\{[^}]*\}$/.test(part) ? fill(part).split('/') : [fill(part)]))].filter(
    Boolean,
  );
  const pairs = query.split('&').map((pair) => halves(pair, '=').map(fill) as [string, string]);
  if (missing.size > 0) return { ok: false, problem: missingSecrets([...missing]) };
  const pathname = `${path.map((part) => `/${encodeURIComponent(part)}`).join('')}${address.endsWith('/') ? '/' : ''}`;
  const place = placeOf(authority, /s$/.test(scheme), allowPrivate);
  const target = { scheme, user, password, authority, place, path, pathname, query: new Map(pairs), secrets };
  return { ok: true, target };
}

/** Whether a URL of the fleet file has its token or password written out. */
export function hasOpenSecret(url: string): boolean {
  const isAllSecret = /^(tgram|discord|slack|gotifys?|resend|mailgun|webhooks?):/.test(url);
  return !url.includes('${') && (isAllSecret || /^[a-z]+:\/\/[^/?@]*@/.test(url));
}

function missingSecrets(names: readonly string[]): string {
  const own = names.find((name) => NOT_FOR_URLS.has(name));
  if (own !== undefined) return `\${${own}} is the Worker's own secret and not for notifications`;
  const which = names.map((name) => `\${${name.slice(0, 64)}}`).join(', ');
  return `no secret is set for ${which}: run \`npx wrangler secret put NAME\`, or put it into the environment of \`npm run serve\``;
}

/** `user:password`; a secret that stands alone may be both. */
function credentials(text: string, fill: (text: string) => string): [string, string] {
  const [user, password] = halves(text, ':');
  return password === '' && /^\$\{[^}]*\}$/.test(user) ? halves(fill(user), ':') : [fill(user), fill(password)];
}

function placeOf(authority: string, isSecure: boolean, allowPrivate: boolean): Target['place'] {
  const [, name = '', port = ''] = /^(.*?)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const host = canonicalHost(name.replace(/^\[(.*)\]$/, '$1'));
  if (host === null || Number(port) > 65_535) return { ok: false, problem: 'its host is neither a name nor an address' };
  if (!allowPrivate && isPrivateHost(host))
    return { ok: false, problem: 'its host is a loopback, private or local one, which only `serve` allows' };
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return { ok: true, origin: `http${isSecure ? 's' : ''}://${bracketed}${port === '' ? '' : `:${Number(port)}`}` };
}

/** What is before and after the first separator; without it all is before. */
function halves(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
