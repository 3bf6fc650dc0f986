import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIPv6 } from 'node:net';
import { messageOf } from './outcome.ts';

export interface PostOptions {
  url: URL;
  token: string;
  /** Null: a GET. */
  body: string | null;
  timeoutMs: number;
  /** The connection must stand within this. */
  connectMs?: number;
  signal: AbortSignal;
  localAddress?: string | undefined;
}

/** What came of one request. `error` covers everything below HTTP: DNS, TCP, TLS, timeout, abort, a body that is too long. */
export type PostResult = { status: number; body: string; retryAfterMs: number | null } | { error: string };

/** A directive is a few hundred bytes; whatever is longer is not the edge. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** One request over a connection of its own: a kept-alive one may have died with a WAN, silently. It never rejects. */
export function post(options: PostOptions): Promise<PostResult> {
  const { url, body, signal } = options;
  return new Promise((resolve) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = {
      authorization: `Bearer ${options.token}`,
      ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      accept: 'application/json',
    };
    const { localAddress } = options;
    const method = body === null ? 'GET' : 'POST';
    // An address of one family cannot ask one of the other, whatever the name of the edge has first.
    const family = localAddress === undefined ? undefined : isIPv6(localAddress) ? 6 : 4;
    const request = start(url, { method, headers, agent: false, signal, localAddress, family });
    const finish = (result: PostResult) => {
      clearTimeout(timer);
      resolve(result);
      request.destroy();
    };
    const timer = setTimeout(() => finish({ error: `no answer within ${Math.round(options.timeoutMs / 1000)} s` }), options.timeoutMs);
    const { connectMs } = options;
    if (connectMs !== undefined) {
      const connecting = setTimeout(() => finish({ error: `no connection within ${connectMs / 1000} s` }), connectMs);
      const connected = () => clearTimeout(connecting);
      request.on('socket', (socket) => socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected));
      request.on('close', connected);
    }
    request.on('error', (error) => finish({ error: messageOf(error) }));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) finish({ error: 'the answer is too long' });
      });
      response.on('error', (error) => finish({ error: messageOf(error) }));
      response.on('end', () =>
        finish({ status: response.statusCode ?? 0, body: text, retryAfterMs: retryAfter(response.headers['retry-after']) }),
      );
    });
    request.end(body ?? undefined);
  });
}

/** Seconds only; the other form, a date, would trust our clock. At most an hour. */
function retryAfter(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Math.min(Number(header) * 1000, 3_600_000) : null;
}
