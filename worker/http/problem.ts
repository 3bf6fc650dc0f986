/** Members beside the five that RFC 9457 names, such as `errors`. */
export type ProblemExtra = Record<string, unknown>;

/** No answer that says what went wrong may be kept by a cache in between: the next try can end otherwise. */
const PROBLEM_HEADERS = {
  'content-type': 'application/problem+json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/**
 * An error answer as RFC 9457 problem details. `title` is the same for every occurrence of the problem, `detail` is about this one and says what
 * would be right. The five standard members win over `extra`. `headers` are for those that the status asks for: `Allow`, `WWW-Authenticate`, `Retry-After`.
 */
export function problem(
  status: number,
  title: string,
  detail?: string,
  extra: ProblemExtra = {},
  headers: Record<string, string> = {},
): Response {
  const body = { ...extra, type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) };
  const all = new Headers(PROBLEM_HEADERS);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return new Response(JSON.stringify(body), { status, headers: all });
}
