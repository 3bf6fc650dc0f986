import { Agent, request } from 'node:http';
import * as z from 'zod';

/** An answer of the edge. */
export interface Answer {
  status: number;
  body: string;
  /** When it was there, on `performance.now()`'s clock. */
  atMs: number;
}

const directiveSchema = z.object({ epoch: z.int(), active: z.string() });

/** One router's control connection, without the router: polls, acknowledges what it is told and polls again. */
export class Poller {
  readonly site: string;
  private readonly edge: Edge;
  private readonly token: string;
  private readonly told: (news: { epoch: number; active: string; atMs: number }) => void;
  private seq = 0;
  private stopped = false;
  applied = 0;
  /** What it says of its paths. */
  paths: { server: string; alive: boolean; rttMs: number; loss: number }[] = [];
  /** Answers that are neither a directive nor "nothing new". */
  failures = 0;

  constructor(edge: Edge, site: string, token: string, told: Poller['told']) {
    this.edge = edge;
    this.site = site;
    this.token = token;
    this.told = told;
  }

  /** Polls until `stop`. Resolves when the last poll has ended. */
  async run(): Promise<void> {
    while (!this.stopped) {
      const { status, body, atMs } = await this.poll();
      if (status === 200) {
        const { epoch, active } = directiveSchema.parse(JSON.parse(body));
        this.applied = epoch;
        this.told({ epoch, active, atMs });
      } else if (status !== 204 && !this.stopped) {
        this.failures++;
        // As an agent does: not at once, and not all together.
        await new Promise((resolve) => setTimeout(resolve, 500 + 1000 * Math.random()));
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

/** An edge as thousands of clients see it: one connection each. */
export class Edge {
  readonly url: string;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  constructor(url: string) {
    this.url = url;
  }

  /** Never rejects: a connection that is cut is an answer of status 0. */
  send(method: string, path: string, { token, json }: { token?: string; json?: unknown } = {}): Promise<Answer> {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return new Promise((resolve) => {
      const lost = () => resolve({ status: 0, body: '', atMs: performance.now() });
      const sent = request(`${this.url}${path}`, { method, headers, agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), atMs: performance.now() }),
        );
        response.on('error', lost);
      });
      sent.on('error', lost);
      sent.end(json === undefined ? undefined : JSON.stringify(json));
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
