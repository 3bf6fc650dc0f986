import { gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import type { FleetFormat } from '../../fleet-file/format.ts';
import { StartFailure } from '../failure.ts';

const TIMEOUT_MS = 30_000;
/** A longer file goes compressed: the edge takes 64 KiB on the wire. */
const PLAIN_BYTES = 60_000;

const problemSchema = z.object({
  title: z.string(),
  detail: z.optional(z.string()),
  errors: z._default(z.array(z.object({ path: z.string(), message: z.string() })), []),
});
const changeSchema = z.object({ path: z.string(), from: z.optional(z.unknown()), to: z.optional(z.unknown()) });
export type Change = z.infer<typeof changeSchema>;
const putSchema = z.object({ version: z.int(), diff: z.array(changeSchema), warnings: z.array(z.string()) });
export type Put = z.infer<typeof putSchema>;
const versionsSchema = z.object({ versions: z.array(z.object({ version: z.int(), at: z.string(), note: z.string() })) });
export type Version = z.infer<typeof versionsSchema>['versions'][number];

/** What the edge refused: every error with its path. `stale`: it has another version than the one that was named. */
export interface Refusal {
  ok: false;
  stale: boolean;
  reason: string;
  errors: { path: string; message: string }[];
}

/** The central configuration over HTTP. Every method throws StartFailure when the edge cannot be reached or does not know the token. */
export class FleetApi {
  private readonly edge: string;
  private readonly token: string;

  constructor(edge: string, token: string) {
    this.edge = edge;
    this.token = token;
  }

  /** Null: the edge has none yet. */
  async get(format: FleetFormat): Promise<{ text: string; etag: string } | null> {
    const response = await this.call('GET', '', { headers: { accept: `application/${format}` } });
    if (response.status === 404) return null;
    await expectOk(response);
    return { text: await response.text(), etag: response.headers.get('etag') ?? '' };
  }

  async put(
    text: string,
    format: FleetFormat,
    options: { dryRun: boolean; note?: string; ifMatch?: string | null },
  ): Promise<(Put & { ok: true }) | Refusal> {
    const query = new URLSearchParams({ ...(options.dryRun ? { dry_run: '1' } : {}), ...(options.note ? { note: options.note } : {}) });
    const isLong = Buffer.byteLength(text) > PLAIN_BYTES;
    const headers = {
      'content-type': `application/${format}`,
      ...(isLong ? { 'content-encoding': 'gzip' } : {}),
      ...(options.ifMatch ? { 'if-match': options.ifMatch } : {}),
    };
    return taken(await this.call('PUT', `?${query}`, { headers, body: isLong ? gzipSync(text) : text }));
  }

  async versions(): Promise<Version[]> {
    const response = await this.call('GET', '/versions');
    await expectOk(response);
    return versionsSchema.parse(await response.json()).versions;
  }

  async rollback(version: number): Promise<(Put & { ok: true }) | Refusal> {
    const headers = { 'content-type': 'application/json' };
    return taken(await this.call('POST', '/rollback', { headers, body: JSON.stringify({ version }) }));
  }

  private async call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.token}` };
    try {
      return await fetch(`${this.edge}/admin/v1/fleet${path}`, { ...init, method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (cause) {
      const { cause: why } = cause as { cause?: unknown };
      throw new StartFailure(`${this.edge} cannot be reached: ${why instanceof Error ? why.message : String(cause)}`, { cause });
    }
  }
}

async function taken(response: Response): Promise<(Put & { ok: true }) | Refusal> {
  if (response.ok) return { ok: true, ...putSchema.parse(await response.json()) };
  if (![404, 409, 412, 413, 415, 422].includes(response.status)) await expectOk(response);
  const { title, detail, errors } = problemSchema.parse(await response.json());
  return { ok: false, stale: response.status === 412, reason: detail ?? title, errors };
}

async function expectOk(response: Response): Promise<void> {
  if (response.ok) return;
  if (response.status === 401) throw new StartFailure('the edge does not know this token: see --token-file');
  throw new StartFailure(`the edge answers ${response.status}: ${(await response.text()).slice(0, 300)}`);
}
