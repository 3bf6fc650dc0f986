import * as z from 'zod/mini';
import { fail, type Outcome, succeed } from '../outcome.ts';
import type { Os } from '../runner.ts';
import type { OmrServer } from './servers.ts';
import { one, type Uci } from './uci.ts';

/** Seconds for the VPS's API to answer. */
const API_S = 5;
const tokenSchema = z.object({ access_token: z.string().check(z.minLength(1)) });

/** What is known of a server's credentials: `refused` is certain, `unreachable` says nothing of them. */
export type Credentials = 'good' | 'refused' | 'unreachable';

/**
 * Whether the server takes the user and password that this router has for it: most failovers that failed did so for a wrong one. It asks the VPS's
 * API for a token, as OpenMPTCProuter does itself; the password goes by stdin, where no list of processes shows it.
 */
export async function checkCredentials(os: Os, uci: Uci, server: OmrServer): Promise<Outcome<Credentials>> {
  const option = (name: string) => one(uci, `openmptcprouter.${server.section}.${name}`) ?? '';
  const missing = ['username', 'password'].find((name) => option(name) === '');
  if (server.ip === null || missing !== undefined)
    return fail(
      `openmptcprouter.${server.section}.${server.ip === null ? 'ip' : missing} is missing; set it on the router's page "System → OpenMPTCProuter"`,
    );
  const host = server.ip.includes(':') ? `[${server.ip}]` : server.ip;
  const form = new URLSearchParams({ username: option('username'), password: option('password') });
  const argv = ['curl', '-s', '-k', '--max-time', String(API_S), '--data', '@-', `https://${host}:${server.port}/token`];
  const answer = await os.query(argv, { input: form.toString(), timeoutMs: (API_S + 2) * 1000 });
  if (answer.code !== 0 || answer.stdout.trim() === '') return succeed('unreachable');
  return succeed(tokenSchema.safeParse(parseJson(answer.stdout)).success ? 'good' : 'refused');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return String(error);
  }
}
