import { isForPrograms, messageAnswer } from './not-found.ts';
import { problem } from './problem.ts';
import { withPublicHeaders } from './public-headers.ts';

/** An object could not be asked. That says nothing about the servers, and the answer must not look as if it did; nor does it tell what broke. */
export async function unavailable(error: unknown, request: Request): Promise<Response> {
  console.error(`${request.method} ${new URL(request.url).pathname} failed`, error);
  const { pathname } = new URL(request.url);
  if (pathname === '/health') {
    const headers = { 'content-type': 'application/health+json', 'cache-control': 'no-store' };
    return withPublicHeaders(new Response(JSON.stringify({ status: 'fail', serviceId: 'farwatch' }), { status: 503, headers }));
  }
  if (!isForPrograms(pathname)) return messageAnswer('unavailable', 503, request);
  const detail = 'the edge cannot answer this now; that says nothing about the servers';
  const answer = problem(503, 'Service unavailable', detail, {}, { 'retry-after': '5' });
  return pathname.startsWith('/api/') || pathname.startsWith('/badge/') ? withPublicHeaders(answer) : answer;
}
