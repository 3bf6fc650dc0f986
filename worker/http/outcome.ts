import type { Outcome } from '../objects/contract.ts';
import { problem } from './problem.ts';

const TITLES = { 404: 'Not found', 409: 'Conflict', 412: 'Precondition failed', 422: 'Unprocessable content' } as const;

/** An object's refusal as an HTTP answer. */
export function refusal(outcome: Extract<Outcome<unknown>, { ok: false }>): Response {
  const extra = outcome.errors === undefined ? {} : { errors: outcome.errors };
  return problem(outcome.status, TITLES[outcome.status], outcome.reason, extra);
}

/** 204 for what has nothing to say but that it is done. */
export function done(outcome: Outcome<null>): Response {
  return outcome.ok ? new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } }) : refusal(outcome);
}
