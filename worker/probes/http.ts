import type { CheckSpec } from '../objects/contract.ts';
import { type Finding, measure, type Probe } from './probe.ts';

/** As many as browsers and fetch itself follow. */
const MAX_REDIRECTS = 20;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** The expected text is looked for in this many first bytes. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * The URL answers with an expected status (default: 2xx or 3xx) and, where asked for, with a body that contains the expected text in its first 64 KB.
 * Redirects are followed, unless the status of the redirect is itself one of the expected.
 */
export const http: Probe = async (spec, { timeoutMs }) => {
  let status: number | undefined;
  const result = await measure(timeoutMs, (signal) =>
    lookAt(spec, signal, (answered) => {
      status = answered;
    }),
  );
  return status === undefined ? result : { ...result, status };
};

async function lookAt(spec: CheckSpec, signal: AbortSignal, answered: (status: number) => void): Promise<Finding> {
  const response = await follow(spec.url ?? `http://${spec.host}:${spec.port}/`, spec.expectStatus ?? [], signal);
  answered(response.status);
  try {
    if (!isExpected(response.status, spec.expectStatus)) return 'status';
    if (spec.expectBody === undefined) return null;
    return (await contains(response, spec.expectBody)) ? null : 'body';
  } finally {
    await discard(response);
  }
}

async function follow(start: string, expected: readonly number[], signal: AbortSignal): Promise<Response> {
  let url = start;
  for (let hops = 0; ; hops++) {
    const response = await fetch(url, { redirect: 'manual', signal, headers: { 'user-agent': 'Farwatch', 'cache-control': 'no-cache' } });
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === null || expected.includes(response.status) || hops === MAX_REDIRECTS)
      return response;
    const next = URL.parse(location, url);
    if (next === null || !/^https?:$/.test(next.protocol)) return response;
    await discard(response);
    url = next.href;
  }
}

function isExpected(status: number, expected: readonly number[] | undefined): boolean {
  return expected === undefined ? status >= 200 && status < 400 : expected.includes(status);
}

async function contains(response: Response, text: string): Promise<boolean> {
  if (response.body === null) return text === '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let seen = '';
  let left = MAX_BODY_BYTES;
  while (left > 0 && !seen.includes(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    seen += decoder.decode(value.subarray(0, left), { stream: true });
    left -= value.length;
  }
  reader.releaseLock();
  return seen.includes(text);
}

/** An unread body would hold its connection, one of six. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel();
}
