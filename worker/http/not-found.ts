import { messagePage } from '../status/page.ts';
import { languageOf, WORDS } from '../status/words.ts';
import { problem } from './problem.ts';
import { withPublicHeaders } from './public-headers.ts';

/** Where programs ask, and are answered by problem+json; people are answered by a page. */
const PROGRAMS = /^\/(api|admin\/v1|agent|server|badge)(\/|$)/;

/** Where scripts of any site may read, also that there is nothing. */
const PUBLIC_PROGRAMS = /^\/(api|badge)(\/|$)/;

export function isForPrograms(path: string): boolean {
  return PROGRAMS.test(path);
}

/** A page that says one thing, in the reader's language. */
export async function messageAnswer(
  kind: 'notFound' | 'notAllowed' | 'unavailable',
  status: number,
  request: Request,
  more: Record<string, string> = {},
): Promise<Response> {
  const words = WORDS[languageOf(request.headers.get('accept-language'))];
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-language': words.lang,
    vary: 'Accept-Language',
    'cache-control': 'no-store',
    ...more,
  };
  return withPublicHeaders(new Response(await messagePage(kind, words), { status, headers }));
}

/** The answer for a path that no route has, or none with this method: for the Worker's `notFound`. `allowed`: the methods that the path has. */
export async function notFound(request: Request, allowed: readonly string[] = []): Promise<Response> {
  if (allowed.length > 0) return notAllowed(request, allowed);
  const { pathname } = new URL(request.url);
  if (!isForPrograms(pathname)) return messageAnswer('notFound', 404, request);
  return forPrograms(pathname, problem(404, 'Not found', 'no such route'));
}

/** A path with another method than its routes have. OPTIONS asks just for that. */
export async function notAllowed(request: Request, allowed: readonly string[]): Promise<Response> {
  const allow = allowed.join(', ');
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  const { pathname } = new URL(request.url);
  if (!isForPrograms(pathname)) return messageAnswer('notAllowed', 405, request, { allow });
  return forPrograms(pathname, problem(405, 'Method not allowed', `${request.method} is not possible here: ${allow} are`, {}, { allow }));
}

function forPrograms(pathname: string, answer: Response): Response {
  return PUBLIC_PROGRAMS.test(pathname) ? withPublicHeaders(answer) : answer;
}
