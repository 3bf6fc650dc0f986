import { messagePage } from '../status/page.ts';
import { languageOf, WORDS } from '../status/words.ts';
import { problem } from './problem.ts';
import { withPublicHeaders } from './public-headers.ts';

/** Where programs ask, and are answered by problem+json; people are answered by a page. */
const PROGRAMS = /^\/(api|admin\/v1|agent|server|badge)(\/|$)/;

export function isForPrograms(path: string): boolean {
  return PROGRAMS.test(path);
}

/** A page that says one thing, in the reader's language. */
export async function messageAnswer(kind: 'notFound' | 'unavailable', status: number, request: Request): Promise<Response> {
  const words = WORDS[languageOf(request.headers.get('accept-language'))];
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-language': words.lang,
    vary: 'Accept-Language',
    'cache-control': 'no-store',
  };
  return withPublicHeaders(new Response(await messagePage(kind, words), { status, headers }));
}

/** The answer for a path that no route has: for the Worker's `notFound`. */
export async function notFound(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!isForPrograms(pathname)) return messageAnswer('notFound', 404, request);
  const answer = problem(404, 'Not found', 'no such route');
  return pathname.startsWith('/api/') ? withPublicHeaders(answer) : answer;
}
