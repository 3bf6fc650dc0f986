import * as z from 'zod/mini';

/** An answer of the edge. */
export interface Answer {
  status: number;
  body: string;
  /** Its Retry-After, seconds; 0: none. */
  retryAfterS: number;
  /** When it was there, on `performance.now()`'s clock. */
  atMs: number;
}

/** A way to the edge. */
export interface Line {
  /** Never rejects: a request that is cut has an answer of status 0. */
  send(method: string, path: string, content?: { token?: string; json?: unknown }): Promise<Answer>;
}

/** What a router is told. */
export interface Told {
  epoch: number;
  active: string;
  atMs: number;
}

/** What the router of a site is told. */
export type News = Told & { site: string };

/** What a router says of its path to a server. */
export interface Path {
  server: string;
  alive: boolean;
  rttMs: number;
  loss: number;
}

/** What is known of a router from outside. */
export interface Router {
  readonly site: string;
  applied: number;
  /** Answers that are neither a directive nor "nothing new". */
  failures: number;
}

/** As an agent's: held polls that end together do not return together. */
const JITTER_MS = 250;

const directiveSchema = z.object({ epoch: z.int(), active: z.string() });

/** One router's control connection, without the router: polls, acknowledges what it is told and polls again. */
export class Poller implements Router {
  readonly site: string;
  private readonly edge: Line;
  private readonly token: string;
  private readonly told: (news: Told) => void;
  private seq = 0;
  private stopped = false;
  applied = 0;
  /** What it says of its paths. */
  paths: Path[] = [];
  /** Answers that are neither a directive nor "nothing new". */
  failures = 0;
  /** Called after each of them. */
  failed: () => void = () => undefined;

  constructor(edge: Line, site: string, token: string, told: Poller['told']) {
    this.edge = edge;
    this.site = site;
    this.token = token;
    this.told = told;
  }

  /** Polls until `stop`. Resolves when the last poll has ended. */
  async run(): Promise<void> {
    while (!this.stopped) {
      const { status, body, retryAfterS, atMs } = await this.poll();
      if (status === 200) {
        const { epoch, active } = directiveSchema.parse(JSON.parse(body));
        this.applied = epoch;
        this.told({ epoch, active, atMs });
        if (retryAfterS > 0) await pause(1000 * retryAfterS + JITTER_MS * Math.random());
      } else if (status !== 204 && !this.stopped) {
        this.failures++;
        this.failed();
        // As an agent does: not at once, and not all together.
        await pause(500 + 1000 * Math.random());
      }
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private poll(): Promise<Answer> {
    const report = { site: this.site, instance: 'bench', version: '1', seq: ++this.seq, applied: this.applied, paths: this.paths };
    return this.edge.send('POST', '/agent/v1/poll', { token: this.token, json: report });
  }
}

/** Of a request with this content. */
export function headersOf({ token, json }: { token?: string; json?: unknown }): Record<string, string> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
