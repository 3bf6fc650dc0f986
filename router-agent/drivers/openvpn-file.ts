import { dirname, resolve } from 'node:path';
import { fail, type Outcome, succeed } from '../outcome.ts';

/** What of an OpenVPN client's file matters to us; OpenVPN reads the rest. */
export interface OpenvpnFile {
  transport: 'udp' | 'tcp';
  hasRemote: boolean;
  /** Directives with their arguments, also those of <connection> blocks. */
  directives: string[][];
  /** Names of inline blocks. */
  inline: string[];
  /** Files that it names, by directive; absolute. */
  files: { directive: string; path: string }[];
}

/** Directives whose first argument is a file that OpenVPN reads. */
const FILES = ['ca', 'cert', 'key', 'pkcs12', 'secret', 'tls-auth', 'tls-crypt', 'tls-crypt-v2', 'auth-user-pass', 'askpass', 'crl-verify'];
/** Of those, the ones that nobody else may read; inline blocks of the same names make the whole file secret. */
export const SECRETS = ['key', 'pkcs12', 'secret', 'tls-auth', 'tls-crypt', 'tls-crypt-v2', 'auth-user-pass', 'askpass'];
/** Directives that run a program. The agent runs none but its own drivers'. */
export const SCRIPTS = [
  'up',
  'down',
  'route-up',
  'route-pre-down',
  'ipchange',
  'tls-verify',
  'client-connect',
  'client-disconnect',
  'learn-address',
  'plugin',
];

/** Reads the file's text; relative names in it are beside `path`. */
export function parseOpenvpnFile(text: string, path: string): Outcome<OpenvpnFile> {
  const directives: string[][] = [];
  const inline: string[] = [];
  let block: string | null = null;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    const tag = /^<(\/?)([\w-]+)>$/.exec(line);
    if (tag?.[1] === '/') {
      if (tag[2] !== block) return fail(`</${tag[2]}> closes no block`);
      block = null;
    } else if (tag !== null && block === null) {
      block = tag[2] ?? '';
      inline.push(block);
    } else if ((block === null || block === 'connection') && line !== '' && !/^[#;]/.test(line)) directives.push(words(line));
  }
  if (block !== null) return fail(`<${block}> is not closed`);
  return assemble(directives, inline, path);
}

function assemble(directives: string[][], inline: string[], path: string): Outcome<OpenvpnFile> {
  const all = (name: string) => directives.filter(([directive]) => directive === name);
  const remotes = all('remote');
  const protocols = [...all('proto').map(([, name = '']) => name), ...remotes.flatMap(([, , , name]) => name ?? [])];
  const kinds = new Set(protocols.map((name) => (name.startsWith('tcp') ? 'tcp' : 'udp')));
  if (all('mode').some(([, mode]) => mode === 'server') || all('server').length > 0) return fail('it is a server’s; right: a client’s');
  if (all('dev').some(([, device = '']) => device.startsWith('tap')) || all('dev-type').some(([, type]) => type === 'tap'))
    return fail('`dev tap` carries Ethernet, and traffic is steered by address; right: dev tun, on the server too');
  const files = directives.flatMap(([directive = '', file]) =>
    FILES.includes(directive) && file !== undefined && file !== '[inline]' ? [{ directive, path: resolve(dirname(path), file) }] : [],
  );
  return succeed({ transport: kinds.has('tcp') ? 'tcp' : 'udp', hasRemote: remotes.length > 0, directives, inline, files });
}

/** Splits as OpenVPN does: quotes keep blanks together, a comment ends the line. */
function words(line: string): string[] {
  const found = line.match(/"(?:\\.|[^"\\])*"|'[^']*'|[^\s"']+/g) ?? [];
  const comment = found.findIndex((word) => /^[#;]/.test(word));
  return (comment < 0 ? found : found.slice(0, comment)).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}
