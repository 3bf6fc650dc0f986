import { bearer } from './auth.ts';
import { problem } from './problem.ts';
import type { Context } from './router.ts';
import { WrongTokens } from './wrong-tokens.ts';

const wrongTokens = new WrongTokens();

/** The seconds that a client has to wait after one more wrong token; null: none. Who cannot be told apart from others is not held up. */
export function waitAfterWrong(request: Request): number | null {
  const address = request.headers.get('cf-connecting-ip');
  return address === null ? null : wrongTokens.note(address, Date.now());
}

/** Turns the 401 of a wrong token into 429 for an address that has sent many. A valid token is looked at first, and so is never refused. */
export async function limitWrongTokens<E extends object>(c: Context<E>, next: () => Promise<Response>): Promise<Response> {
  const answer = await next();
  if (answer.status !== 401 || bearer(c.request) === null) return answer;
  const wait = waitAfterWrong(c.request);
  if (wait === null) return answer;
  const detail = 'too many wrong tokens came from this address; a right one is taken at any time';
  return problem(429, 'Too many requests', detail, {}, { 'retry-after': String(wait) });
}
