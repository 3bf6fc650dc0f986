import type { Env } from '../env.ts';
import { readToken, sameSecret, type TokenKind } from '../objects/tokens.ts';
import { problem } from './problem.ts';

/** A 401 with the challenge that RFC 9110 asks for. */
export function unauthorized(detail: string): Response {
  return problem(401, 'Unauthorized', detail, {}, { 'www-authenticate': 'Bearer realm="farwatch"' });
}

/** The bearer token of a request; null when there is none. */
export function bearer(request: Request): string | null {
  const [, token] = /^Bearer +([^ ]+) *$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return token ?? null;
}

/** A bearer token of that kind and whose it claims to be, or the 401. Its validity is the owner's object's to say. */
export function claimedToken(
  request: Request,
  kind: TokenKind,
): { ok: true; owner: string; token: string } | { ok: false; response: Response } {
  const token = bearer(request);
  if (token === null) return { ok: false, response: unauthorized('send Authorization: Bearer <token>') };
  const claim = readToken(token);
  if (claim === null || claim.kind !== kind) return { ok: false, response: unauthorized('this token does not open this route') };
  return { ok: true, owner: claim.owner, token };
}

/** Null when the request carries the administrator's token, else the refusal. */
export async function refuseUnlessAdmin(request: Request, env: Env): Promise<Response | null> {
  if (env.ADMIN_TOKEN === undefined || env.ADMIN_TOKEN === '') {
    const how =
      'no administrator token is set: run `npx wrangler secret put ADMIN_TOKEN`, or start `npm run serve -- --admin-token-file FILE`';
    return problem(503, 'Administration is not set up', how);
  }
  const token = bearer(request);
  if (token === null) return unauthorized('send Authorization: Bearer <administrator token>');
  return (await sameSecret(token, env.ADMIN_TOKEN)) ? null : unauthorized('this is not the administrator token');
}
