import { noneMatch, weakEtag } from './etag.ts';
import type { Context } from './router.ts';

/** What a public read answers with. */
export interface Representation {
  content: unknown;
  /** The media type. Text is sent as it is, all else as JSON. */
  type: string;
  /** What the ETag is made of, where that is not the content itself: it holds nothing that changes by itself. */
  stable?: unknown;
  /** `Vary`, `Content-Language`. */
  headers?: Record<string, string>;
}

/** Caches may keep an answer but ask before they use it: what it says can change at any second. */
const REVALIDATE = 'no-cache';

/** The answer with its ETag, or 304 for who has it. `at`, the time of reading, is not part of the tag. */
export async function represent<E extends object>(
  c: Context<E>,
  { content, type, stable, headers = {} }: Representation,
): Promise<Response> {
  const etag = await weakEtag(stable ?? timeless(content));
  const all = { ...headers, etag, 'cache-control': REVALIDATE };
  if (noneMatch(c.request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers: all });
  const body = typeof content === 'string' ? content : JSON.stringify(content);
  return new Response(body, { headers: { ...all, 'content-type': type } });
}

export function timeless(content: unknown): unknown {
  return typeof content === 'object' && content !== null && 'at' in content ? { ...content, at: null } : content;
}
