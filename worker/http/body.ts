import type * as z from 'zod/mini';
import { MAX_BODY_BYTES } from '../protocol/ids.ts';
import { problem } from './problem.ts';

/** A fleet of thousands of sites is a megabyte of text, and compresses to a hundredth. */
const MAX_INFLATED_BYTES = 4 * 1024 * 1024;

/** What came of a body: a value, or the answer that refuses it. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; response: Response };

/** A refused body. */
export type Refused = Extract<Parsed<never>, { ok: false }>;

/** One thing that is wrong with a body, by JSON Pointer (RFC 6901). */
export interface FieldError {
  path: string;
  message: string;
}

/** Reads a body of at most 64 KiB as text; a longer one is 413 and is not read to its end. */
export async function readText(request: Request): Promise<Parsed<string>> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > MAX_BODY_BYTES) return tooLarge();
  const bytes = await received(request);
  return bytes.ok ? { ok: true, value: new TextDecoder().decode(bytes.value) } : bytes;
}

/** What came on the wire. Its sender can go away in the middle: there is nobody left to be answered then, or one who announced more than there was. */
async function received(request: Request): Promise<Parsed<Uint8Array>> {
  try {
    const bytes = await readBytes(request.body, MAX_BODY_BYTES);
    return bytes === null ? tooLarge() : { ok: true, value: bytes };
  } catch (error) {
    console.info(`a body ended early: ${error instanceof Error ? error.message : String(error)}`);
    return { ok: false, response: problem(400, 'Bad request', 'the body ended before it was complete') };
  }
}

/**
 * The same for a body that may come as `Content-Encoding: gzip`: 64 KiB on the wire and `MAX_INFLATED_BYTES` of text. What is no gzip is 422, another
 * encoding 415.
 */
export async function readPackedText(request: Request): Promise<Parsed<string>> {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return readText(request);
  if (encoding !== 'gzip') return unsupported('Content-Encoding gzip, or none');
  const packed = await received(request);
  if (!packed.ok) return packed;
  try {
    const inflated = new Response(packed.value).body?.pipeThrough(new DecompressionStream('gzip')) ?? null;
    const bytes = await readBytes(inflated, MAX_INFLATED_BYTES);
    return bytes === null ? tooLarge(MAX_INFLATED_BYTES) : { ok: true, value: new TextDecoder().decode(bytes) };
  } catch (error) {
    return unprocessable([{ path: '', message: `not gzip: ${error instanceof Error ? error.message : String(error)}` }]);
  }
}

/** All bytes of a stream; null when there are more than `max`: it is not read to its end then. */
async function readBytes(stream: ReadableStream<Uint8Array> | null, max: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    size += chunk.byteLength;
    if (size > max) return null;
    chunks.push(chunk);
  }
  return joined(chunks, size);
}

/**
 * Reads a JSON body against a schema: 415 for another content type, 413 when too large, 422 with every error when it does not fit. An empty body
 * counts as `whenEmpty` where that is given, of any content type.
 */
export async function readJson<T>(request: Request, schema: z.ZodMiniType<T>, whenEmpty?: unknown): Promise<Parsed<T>> {
  const text = await readText(request);
  if (!text.ok) return text;
  const empty = text.value.trim() === '';
  const type = mediaType(request);
  if (!empty && type !== null && type !== 'application/json') return unsupported('application/json');
  if (empty && whenEmpty === undefined) return unprocessable([{ path: '', message: 'the body is empty; it must be a JSON object' }]);
  const parsed = empty ? { ok: true as const, value: whenEmpty } : parseJson(text.value);
  if (!parsed.ok) return parsed;
  const result = schema.safeParse(parsed.value);
  if (!result.success) return unprocessable(fieldErrors(result.error));
  return { ok: true, value: result.data };
}

/** The media type of a body without its parameters, in lower case; null when none is named. */
export function mediaType(request: Request): string | null {
  const header = request.headers.get('content-type');
  return header === null ? null : (header.split(';')[0] ?? '').trim().toLowerCase();
}

export function unsupported(right: string): Refused {
  return { ok: false, response: problem(415, 'Unsupported media type', `send ${right}`) };
}

export function unprocessable(errors: readonly FieldError[]): Refused {
  const detail = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return { ok: false, response: problem(422, 'Unprocessable content', detail.slice(0, 1000), { errors }) };
}

function tooLarge(max = MAX_BODY_BYTES): Refused {
  return {
    ok: false,
    response: problem(413, 'Content too large', `a body is at most ${max} bytes${max === MAX_BODY_BYTES ? '' : ' unpacked'}`),
  };
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}

function parseJson(text: string): Parsed<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return unprocessable([{ path: '', message: `not JSON: ${error instanceof Error ? error.message : String(error)}` }]);
  }
}

function fieldErrors(error: z.core.$ZodError): FieldError[] {
  return error.issues.map(({ path, message }) => ({ path: path.map(pointerPart).join(''), message }));
}

function pointerPart(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
