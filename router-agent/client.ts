import { readFileSync } from 'node:fs';
import type { Report } from '../worker/protocol/report.ts';
import { backoffMs, slowRetryMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { Log } from './log.ts';
import { fail, messageOf, type Outcome, succeed } from './outcome.ts';
import { type PostResult, post } from './post.ts';

/** A way out of the router: what leaves from this address takes it. Without an address: as the main table says. */
export interface Way {
  name: string;
  localAddress?: string | undefined;
}

export interface ClientOptions {
  edge: string;
  tokenFile: string;
  /** By which the edge may be asked, the best first; at least one. */
  ways(): readonly Way[];
  clock: Clock;
  log: Log;
  /** The report to send now; each call makes a new one. */
  report(): Report;
  /** Takes a 200's body. False: it was refused, and asking again at once would only bring the same. */
  take(answer: unknown): Promise<boolean>;
  /** The edge was heard (200 or 204) or not, with a sentence for people. */
  heard(reached: boolean, message: string): void;
  random?: () => number;
}

export interface Client {
  /** Something happened here that the edge should know: the held poll is given up and a new one sent. */
  nudge(): void;
  /** The ways have changed: a poll that is held by one that is gone is given up, and sent by another. */
  reroute(): void;
  /** Polls until `stop`. */
  run(): Promise<void>;
  stop(): void;
}

/** The edge holds a poll for 50 s; the rest is for a slow line. */
const POLL_TIMEOUT_MS = 65_000;
/** A way by which no connection comes about within this is left for the next one. */
const CONNECT_MS = 4000;
/** Every other way is tried before anybody waits. */
const NEXT_WAY_MS = 50;
/** After an answer the next poll follows within this, at random: held polls that end together must not return together. */
const REPOLL_JITTER_MS = 250;
/** The edge may ask for a later confirmation, when it tells thousands at once. More than this it does not ask for (a socket of ours waits there for 15 s). */
const MAX_CONFIRM_PAUSE_MS = 12_000;
/** A hold that ends sooner was ended by another agent's poll: two agents must not chase each other in a loop. */
const SHORT_HOLD_MS = 1000;

const ADVICE: Record<number, string> = {
  401: 'the edge does not accept the token; make a new one with POST /admin/v1/sites/SITE/tokens and put it into token_file',
  403: "the token belongs to another site; compare `site` in the agent's file with the token",
  404: 'the edge does not know this site; is it in the fleet file, and is `edge` the right URL?',
  409: 'another agent speaks for this site; stop one of the two',
  422: 'the edge does not understand our report; are agent and edge of the same version?',
};

export function createClient(options: ClientOptions): Client {
  const { clock, log } = options;
  const random = options.random ?? Math.random;
  const url = edgeUrl(options.edge, '/agent/v1/poll');
  let stopped = false;
  let news = new AbortController();
  let failures = 0;
  let way: Way | null = null;
  /** Ways in a row by which nobody was reached. */
  let dry = 0;

  const isSame = (one: Way) => (other: Way) => one.name === other.name && one.localAddress === other.localAddress;

  /** The same as long as it serves, then the next. */
  function chooseWay(): Way {
    const ways = options.ways();
    const at = way === null ? -1 : ways.findIndex(isSame(way));
    return ways[at < 0 ? 0 : (at + (dry > 0 ? 1 : 0)) % ways.length] ?? { name: 'main' };
  }

  async function pollOnce(signal: AbortSignal): Promise<number> {
    const token = readToken(options.tokenFile);
    if (!token.ok) return failed(token.reason, slowRetryMs(random()));
    const sentAt = clock.now();
    const body = JSON.stringify(options.report());
    way = chooseWay();
    const { localAddress } = way;
    const result = await post({ url, token: token.value, body, timeoutMs: POLL_TIMEOUT_MS, connectMs: CONNECT_MS, signal, localAddress });
    if (signal.aborted) return 0;
    dry = 'error' in result ? dry + 1 : 0;
    return digest(result, clock.now() - sentAt);
  }

  /** Answers how long to wait before the next poll. */
  async function digest(result: PostResult, tookMs: number): Promise<number> {
    if ('error' in result) {
      const ways = options.ways().length;
      const by = ways > 1 ? ` by ${way?.name}` : '';
      return failed(`edge not reached${by}: ${result.error}`, dry % ways === 0 ? null : NEXT_WAY_MS * random());
    }
    if (result.status === 204) {
      options.heard(true, 'nothing new');
      failures = tookMs < SHORT_HOLD_MS ? failures + 1 : 0;
      return failures > 1 ? backoffMs(failures, random()) : REPOLL_JITTER_MS * random();
    }
    if (result.status === 200) return digestDirective(result);
    const advice = ADVICE[result.status];
    const wait = result.retryAfterMs ?? (advice === undefined ? null : slowRetryMs(random()));
    return failed(`edge answered ${result.status}: ${advice ?? firstLine(result.body)}`, wait);
  }

  /** News ends the pause before the confirmation, as it ends a hold. */
  async function digestDirective({ body, retryAfterMs }: { body: string; retryAfterMs: number | null }): Promise<number> {
    options.heard(true, 'directive');
    const taken = await options.take(parseJson(body));
    failures = taken ? 0 : failures + 1;
    if (!taken) return backoffMs(failures + 2, random());
    return Math.min(retryAfterMs ?? 0, MAX_CONFIRM_PAUSE_MS) + REPOLL_JITTER_MS * random();
  }

  function failed(message: string, waitMs: number | null): number {
    failures += 1;
    options.heard(false, message);
    const wait = waitMs ?? backoffMs(failures, random());
    log.debug(`poll failed ${failures} time(s): ${message}; next in ${Math.round(wait)} ms`);
    return wait;
  }

  return {
    nudge: () => news.abort(),
    reroute() {
      const ways = options.ways();
      if (way === null) return;
      if (!ways.some(isSame(way))) news.abort();
      // A better way is taken by the next poll; the held one may stay where it is.
      if (ways[0] !== undefined && !isSame(way)(ways[0])) way = null;
    },
    stop() {
      stopped = true;
      news.abort();
    },
    async run() {
      while (!stopped) {
        if (news.signal.aborted) news = new AbortController();
        const { signal } = news;
        const wait = await pollOnce(signal);
        if (!stopped) await pause(clock, wait, signal);
      }
    },
  };
}

/** A route of the edge, whose own URL may have a path. */
export function edgeUrl(edge: string, path: string): URL {
  return new URL(`${edge.replace(/\/+$/, '')}${path}`);
}

/** Read at each poll, so that a rotated token needs no restart. */
export function readToken(path: string): Outcome<string> {
  try {
    const token = readFileSync(path, 'utf8').trim();
    return /^[\x21-\x7e]+$/.test(token) ? succeed(token) : fail(`token_file ${path} holds no token`);
  } catch (error) {
    return fail(`cannot read token_file: ${messageOf(error)}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return `not JSON: ${messageOf(error)}`;
  }
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
