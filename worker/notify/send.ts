import type { Channel, Draft } from './channel.ts';
import type { Target } from './target.ts';

/** One attempt takes at most so long, connection and answer together. */
export const TIMEOUT_MS = 10_000;
/** More of an answer is not read. */
const MAX_ANSWER_BYTES = 4096;
/** Nobody may put us off for longer. */
const MAX_RETRY_AFTER_MS = 6 * 3_600_000;

/** `later`: it may work next time. `refused`: the same message will never be taken. `reason` holds no URL and no secret. */
export type Sent =
  | { kind: 'sent'; status: number }
  | { kind: 'later'; reason: string; status?: number; retryAfterMs?: number }
  | { kind: 'refused'; reason: string; status: number };

/** Sends one request. Never throws, never follows a redirect: it could lead into a private network, and takes the token along. */
export async function send(draft: Draft, channel: Channel, target: Target, nowMs: number): Promise<Sent> {
  const late = new AbortController();
  // Not AbortSignal.timeout: its timer would keep the object awake, and billed, for ten seconds after each message.
  const timer = setTimeout(() => late.abort(), TIMEOUT_MS);
  try {
    const headers = { 'user-agent': 'Farwatch', ...draft.headers };
    const response = await fetch(draft.url, { method: 'POST', headers, body: draft.body, redirect: 'manual', signal: late.signal });
    const answer = parsed(await firstBytes(response));
    return judge(response, answer, channel.refusal?.(answer) ?? null, target, nowMs);
  } catch (error) {
    // What the platform says can hold the URL.
    if (!(error instanceof Error)) throw error;
    return { kind: 'later', reason: late.signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : 'no connection' };
  } finally {
    clearTimeout(timer);
  }
}

function judge(
  { status, headers }: Response,
  answer: Record<string, unknown>,
  refusal: string | null,
  target: Target,
  nowMs: number,
): Sent {
  const detail = detailOf(answer, target);
  if (status >= 200 && status < 300) {
    if (refusal === null) return { kind: 'sent', status };
    const isBusy = /ratelimited|rate_limited|internal_error|fatal_error|service_unavailable/.test(detail);
    return { kind: isBusy ? 'later' : 'refused', reason: `${refusal}${detail}`, status };
  }
  const reason = `HTTP ${status}${status < 400 ? ': redirects are not followed, give the final address' : detail}`;
  if (status !== 408 && status !== 425 && status !== 429 && status < 500) return { kind: 'refused', reason, status };
  const wait = retryAfterMs(headers.get('retry-after'), answer, nowMs);
  return { kind: 'later', reason, status, ...(wait === null ? {} : { retryAfterMs: wait }) };
}

/** Seconds, a date (RFC 9110 §10.2.3), or what Telegram and Discord have in the body. */
function retryAfterMs(header: string | null, answer: Record<string, unknown>, nowMs: number): number | null {
  const inside =
    typeof answer.parameters === 'object' && answer.parameters !== null
      ? Reflect.get(answer.parameters, 'retry_after')
      : answer.retry_after;
  const given = header ?? (typeof inside === 'number' ? String(inside) : '');
  const ms = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1000 : Date.parse(given) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : null;
}

/** What the service says of itself, when it is short and plain and gives no secret back. */
function detailOf(answer: Record<string, unknown>, { secrets, user, password, authority, path }: Target): string {
  const said = [answer.description, answer.error, answer.message].find((value) => typeof value === 'string');
  if (
    typeof said !== 'string' ||
    !/^[\w .,'()-]{1,120}$/.test(said) ||
    [...secrets, user, password, authority, ...path].some((part) => part.length > 3 && said.includes(part))
  )
    return '';
  return `: ${said}`;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

async function firstBytes(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MAX_ANSWER_BYTES) break;
  }
  return text;
}
