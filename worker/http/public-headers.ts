/** Of every public answer. The page loads its own style and script and nothing else, sends nothing anywhere, and is framed by nobody. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/**
 * Of people's controls: no script at all, forms to ourselves only, and nothing kept by anybody. With a stricter referrer policy browsers would not tell
 * the origin of a form, by which we know our own.
 */
const PRIVATE_HEADERS: Readonly<Record<string, string>> = {
  ...SECURITY_HEADERS,
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Public reads may be made by scripts of any site; there is no cookie and no secret that they could carry off. */
const CORS_HEADERS: Readonly<Record<string, string>> = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'ETag' };

/** Tells a browser for a day what a preflight would say again (the longest that Firefox keeps it). */
const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'If-None-Match',
  'access-control-max-age': '86400',
};

export const READ_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** The answer with the headers that every public answer has; those that it has itself stay. */
export function withPublicHeaders(response: Response): Response {
  return withHeaders(response, { ...SECURITY_HEADERS, ...CORS_HEADERS });
}

/** The same for people's controls. */
export function withPrivateHeaders(response: Response): Response {
  return withHeaders(response, PRIVATE_HEADERS);
}

/** Of what programs are told that have a token: it is theirs, and nobody keeps it unless the answer itself says so. */
const TOKEN_HEADERS: Readonly<Record<string, string>> = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** The same for answers to a token. */
export function withTokenHeaders(response: Response): Response {
  return withHeaders(response, TOKEN_HEADERS);
}

function withHeaders(response: Response, more: Record<string, string>): Response {
  const headers = new Headers(more);
  for (const [name, value] of response.headers) headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}

/** The answer to OPTIONS, preflight or not. */
export function optionsAnswer(): Response {
  return new Response(null, { status: 204, headers: { allow: READ_METHODS.join(', '), ...PREFLIGHT_HEADERS } });
}
