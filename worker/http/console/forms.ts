import * as z from 'zod/mini';
import type { Session } from '../../admin/shell.ts';
import { sameSecret } from '../../objects/tokens.ts';
import { idSchema } from '../../protocol/ids.ts';
import { mediaType, readText } from '../body.ts';

/** The longest that the controls offer, in seconds. */
const MAX_SPAN_S = 604_800;

const spanSchema = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(MAX_SPAN_S));

/** `for` 0: until it is taken away. */
export const pinForm = z.object({ server: idSchema, for: spanSchema });

/** `from` is what `<input type="datetime-local">` sends, read as UTC; empty: now. */
export const maintenanceForm = z.object({
  for: spanSchema.check(z.minimum(1)),
  from: z._default(z.union([z.literal(''), z.iso.datetime({ local: true })]), ''),
});
export const channelForm = z.object({ channel: z.coerce.number().check(z.int(), z.minimum(0)) });
export const versionForm = z.object({ version: z.coerce.number().check(z.int(), z.minimum(1)) });
export const fleetForm = z.object({ text: z.string(), etag: z.string(), action: z._default(z.enum(['check', 'apply']), 'check') });
export const tokenForm = z.object({ token: z.string() });

/** The fields of a form of at most 64 KiB, or the HTTP status that refuses it. */
export async function readForm(request: Request): Promise<{ ok: true; fields: Record<string, string> } | { ok: false; status: 413 | 415 }> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') return { ok: false, status: 415 };
  const text = await readText(request);
  return text.ok ? { ok: true, fields: Object.fromEntries(new URLSearchParams(text.value)) } : { ok: false, status: 413 };
}

/** Whether a browser sent this from a page of our own. A program that is no browser names no origin; the secret in the form is asked for anyway. */
export function isOwnOrigin(request: Request): boolean {
  const origin = request.headers.get('origin');
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  // Only the host: a proxy before us may speak https where we speak http.
  return origin === null || URL.parse(origin)?.host === new URL(request.url).host;
}

export async function hasSecret(fields: Record<string, string>, { csrf }: Session): Promise<boolean> {
  return sameSecret(fields.csrf ?? '', csrf);
}
