import { diffFleet } from '../fleet-file/diff.ts';
import { readFleet } from '../fleet-file/read.ts';
import type { Fleet } from '../fleet-file/schema.ts';
import type { Outcome, PutFleetResult } from './contract.ts';
import { overBudget } from './fleet-budget.ts';
import type { Config, FleetFacts } from './fleet-facts.ts';
import { heardUnder } from './fleet-shards.ts';
import type { FleetNews } from './fleet-turn.ts';

export interface PutOptions {
  dryRun: boolean;
  ifMatch: string | null;
  note: string;
  /** It was in force before: that its plan cannot carry it is a warning only. */
  again?: boolean;
  /** Where the administrator reaches the edge. */
  origin?: string;
}

/** What a put comes to: the answer, the configuration to adopt, unless nothing changes, and what the file says, if it is right. */
export type Proposal = { answer: Outcome<PutFleetResult>; adopt: Config | null; fleet: Fleet | null };

/** The strong validator of a version (RFC 9110 §8.8.3). */
export function etagOf({ version }: Pick<Config, 'version'>): string {
  return `"${version}"`;
}

/**
 * Reads a fleet file against the one in force. The same fleet put again, in whatever order or format, stays the version that it is; a dry run names
 * the version that it would become.
 */
export function propose(
  before: Config | null,
  text: string,
  format: 'toml' | 'json',
  options: PutOptions,
  context: { nowMs: number; allowPrivate: boolean },
): Proposal {
  if (options.ifMatch !== null && !matches(options.ifMatch, before))
    return refuse(412, `the fleet is ${nameOf(before)} now, not ${options.ifMatch}`);
  const read = readFleet(text, format, { allowPrivate: context.allowPrivate });
  if (!read.ok) return refuse(422, 'the fleet file has errors; nothing was changed', read.errors);
  const excess = overBudget(read.fleet);
  // On one's own machine nobody bills: there a plan counts only where the file asks to be held to it. What was in force once may come back.
  const isHeld = !options.again && (read.planNamed || !context.allowPrivate);
  if (excess !== null && isHeld) return refuse(422, excess.reason, excess.errors);
  const warnings = excess === null ? read.warnings : [...read.warnings, excess.warning];
  const diff = diffFleet(before?.fleet ?? null, read.fleet);
  const isSame = before !== null && diff.length === 0;
  const version = isSame ? before.version : (before?.version ?? 0) + 1;
  const adopt = isSame || options.dryRun ? null : { version, atMs: context.nowMs, fleet: read.fleet };
  return { answer: { ok: true, value: { version, diff, warnings } }, adopt, fleet: read.fleet };
}

/** The facts under another configuration: what is no longer in it is forgotten, and what was open of it has ended. */
export function adopt(
  facts: FleetFacts,
  config: Config,
  changes: number,
  note: string,
): { facts: FleetFacts; news: FleetNews; goneSites: string[] } {
  const { fleet, atMs, version } = config;
  const servers = new Set(fleet.server.map(({ id }) => id));
  const sites = new Set(fleet.site.map(({ id }) => id));
  const vantages = new Set(fleet.vantage.map(({ id }) => id));
  const revision = facts.revision + 1;
  const gone = Object.keys(facts.state.servers).filter((id) => !servers.has(id));
  const why = `version ${version} of the fleet: ${changes} ${changes === 1 ? 'change' : 'changes'}${note === '' ? '' : ` (${note})`}`;
  return {
    facts: {
      ...facts,
      config,
      revision,
      configRevision: revision,
      state: { servers: mapValues(only(facts.state.servers, servers), (server) => ({ ...server, votes: only(server.votes, vantages) })) },
      planned: only(facts.planned, servers),
      resigned: only(facts.resigned, servers),
      heard: heardUnder(fleet, facts.heard),
    },
    news: {
      entries: [{ id: `config/${version}`, at: new Date(atMs).toISOString(), kind: 'config', why }],
      opened: [],
      closed: gone.map((server) => ({ server, atMs })),
    },
    goneSites: (facts.config?.fleet.site ?? []).map(({ id }) => id).filter((id) => !sites.has(id)),
  };
}

function refuse(status: 412 | 422, reason: string, errors?: { path: string; message: string }[]): Proposal {
  return { answer: { ok: false, status, reason, ...(errors === undefined ? {} : { errors }) }, adopt: null, fleet: null };
}

function nameOf(config: Config | null): string {
  return config === null ? 'not there' : etagOf(config);
}

/** If-Match (RFC 9110 §13.1.1). A weak mark is forgiven: proxies that compress put it there, and a version is a version. */
function matches(header: string, config: Config | null): boolean {
  if (config === null) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etagOf(config));
}

function only<T>(record: Record<string, T>, keys: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys.has(key)));
}

function mapValues<T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
