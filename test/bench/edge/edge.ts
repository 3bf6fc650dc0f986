import { Agent, request } from 'node:http';
import { type Answer, headersOf, type Line } from './poller.ts';

/** An edge as thousands of clients see it: one connection each. */
export class Edge implements Line {
  readonly url: string;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  constructor(url: string) {
    this.url = url;
  }

  send(method: string, path: string, content: { token?: string; json?: unknown } = {}): Promise<Answer> {
    return new Promise((resolve) => {
      const lost = () => resolve({ status: 0, body: '', retryAfterS: 0, atMs: performance.now() });
      const sent = request(`${this.url}${path}`, { method, headers: headersOf(content), agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            retryAfterS: Number(response.headers['retry-after'] ?? 0),
            atMs: performance.now(),
          }),
        );
        response.on('error', lost);
      });
      sent.on('error', lost);
      sent.end(content.json === undefined ? undefined : JSON.stringify(content.json));
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
