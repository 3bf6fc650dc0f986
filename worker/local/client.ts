import { gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { type Status, statusSchema } from '../protocol/status.ts';

/** Nothing on this machine answers slower than this, unless it is broken. */
const TIMEOUT_MS = 10_000;
/** A fleet that is put makes an object for each new site, and on this machine they all share one thread with the answer. */
const PUT_TIMEOUT_MS = 120_000;

const problemSchema = z.object({
  title: z.string(),
  detail: z.optional(z.string()),
  errors: z._default(z.array(z.object({ path: z.string(), message: z.string() })), []),
});
const putFleetSchema = z.object({ version: z.int(), diff: z.array(z.unknown()), warnings: z.array(z.string()) });
const tokenSchema = z.object({ id: z.string(), token: z.string() });
const tokensSchema = z.object({ tokens: z.array(z.object({ id: z.string() })) });

export type PutFleetAnswer =
  | { ok: true; version: number; changes: number; warnings: string[] }
  | { ok: false; reason: string; errors: { path: string; message: string }[] };

/** What the local commands ask of an edge over its own HTTP interface, as any other user of it would. */
export interface EdgeClient {
  status(): Promise<Status>;
  /** Whether a fleet is stored. */
  hasFleet(): Promise<boolean>;
  putFleet(text: string, format: 'toml' | 'json', options: { dryRun: boolean }): Promise<PutFleetAnswer>;
  /** A new bearer token for the site's agent. Earlier ones are taken back when there is no room for another. */
  createAgentToken(site: string): Promise<string>;
  /** Whether the edge knows this agent token. */
  acceptsAgentToken(token: string): Promise<boolean>;
}

/** All methods throw when the edge cannot be reached or answers what it should not. */
export function edgeClient(url: string, adminToken: string): EdgeClient {
  const call = (method: string, path: string, init: { body?: string; type?: string; token?: string; pack?: boolean } = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${init.token ?? adminToken}`,
        ...(init.type === undefined ? {} : { 'content-type': init.type }),
        ...(init.pack ? { 'content-encoding': 'gzip' } : {}),
      },
      ...(init.body === undefined ? {} : { body: init.pack ? new Uint8Array(gzipSync(init.body)) : init.body }),
      signal: AbortSignal.timeout(method === 'PUT' ? PUT_TIMEOUT_MS : TIMEOUT_MS),
    });

  async function freeTokens(site: string): Promise<void> {
    const path = `/admin/v1/sites/${site}/tokens`;
    const { tokens } = tokensSchema.parse(await expectJson(await call('GET', path)));
    for (const { id } of tokens) await expectOk(await call('DELETE', `${path}/${id}`));
  }

  return {
    async status() {
      const response = await fetch(`${url}/api/v1/status`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return statusSchema.parse(await expectJson(response));
    },
    async hasFleet() {
      const response = await call('GET', '/admin/v1/fleet');
      if (response.status === 404) return false;
      await expectOk(response);
      return true;
    },
    async putFleet(text, format, { dryRun }) {
      const type = format === 'toml' ? 'application/toml' : 'application/json';
      const response = await call('PUT', `/admin/v1/fleet${dryRun ? '?dry_run=1' : ''}`, { body: text, type, pack: true });
      if (response.status === 422 || response.status === 413) {
        const problem = problemSchema.parse(await response.json());
        return { ok: false, reason: problem.detail ?? problem.title, errors: problem.errors };
      }
      const { version, diff, warnings } = putFleetSchema.parse(await expectJson(response));
      return { ok: true, version, changes: diff.length, warnings };
    },
    async createAgentToken(site) {
      const create = () => call('POST', `/admin/v1/sites/${site}/tokens`, { body: '{}', type: 'application/json' });
      let response = await create();
      if (response.status === 409) {
        await freeTokens(site);
        response = await create();
      }
      return tokenSchema.parse(await expectJson(response)).token;
    },
    async acceptsAgentToken(token) {
      const response = await call('GET', '/agent/v1/echo', { token });
      await response.body?.cancel();
      return response.ok;
    },
  };
}

async function expectJson(response: Response): Promise<unknown> {
  const text = await expectOk(response);
  return JSON.parse(text);
}

async function expectOk(response: Response): Promise<string> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}
