import { type FleetServerState, voteTtlMs } from '../engine/fleet.ts';
import { HEARD_PRECISION_MS } from './cadence.ts';
import { ARCHIVE_TABLES } from './fleet-archive.ts';
import { type FleetFacts, type Heard, NO_FACTS, ROW_SCHEMAS } from './fleet-facts.ts';
import { FleetHistory, HISTORY_TABLES } from './fleet-history.ts';
import { OUTBOX_TABLES, Outbox } from './fleet-outbox.ts';
import { FULL_PACE, paced } from './fleet-pace.ts';
import type { Shelf } from './fleet-spending.ts';
import { FleetVersions, VERSION_TABLE, VERSION_TEXT_TABLE } from './fleet-versions.ts';
import { migrate } from './migrations.ts';
import { DELIVERY_TABLE, Outstanding } from './outstanding.ts';
import { SitePictures } from './site-pictures.ts';
import { TOKEN_TABLE, TokenStore } from './token-store.ts';

/** Append-only. */
const MIGRATIONS = [
  'CREATE TABLE fact (kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID',
  VERSION_TABLE,
  HISTORY_TABLES,
  DELIVERY_TABLE,
  TOKEN_TABLE,
  OUTBOX_TABLES,
  VERSION_TEXT_TABLE,
  ARCHIVE_TABLES,
];

type Kind = keyof typeof ROW_SCHEMAS;
type Row<K extends Kind> = ReturnType<(typeof ROW_SCHEMAS)[K]['parse']>;
const KINDS = Object.keys(ROW_SCHEMAS) as Kind[];

/** A row, and the fact that it was written from; null: it was read. */
interface Written {
  value: unknown;
  json: string;
}

/** A row to write; null: to delete. */
interface Change {
  kind: Kind;
  id: string;
  row: Written | null;
}

/** The rows of the fleet. */
export class FleetStore {
  readonly versions: FleetVersions;
  readonly history: FleetHistory;
  readonly outstanding: Outstanding;
  readonly outbox: Outbox;
  readonly pictures: SitePictures;
  readonly tokens: TokenStore;
  private readonly storage: DurableObjectStorage;
  /** What the rows say. */
  private readonly written = new Map<Kind, Map<string, Written>>(KINDS.map((kind) => [kind, new Map()]));
  private writtenHeard: Readonly<Record<string, Heard>> = {};

  constructor(storage: DurableObjectStorage) {
    this.storage = storage;
    migrate(storage, MIGRATIONS);
    this.versions = new FleetVersions(storage.sql);
    this.history = new FleetHistory(storage.sql);
    this.outstanding = new Outstanding(storage.sql);
    this.outbox = new Outbox(storage.sql);
    this.pictures = new SitePictures(storage.sql);
    this.tokens = new TokenStore(storage.sql, 'fwv');
  }

  /**
   * All facts. The votes of vantages that were heard shortly before are believed for one more span of a vote's life: without it, a restart would
   * make every server unknown, or let the first vantage that speaks decide alone. A vote that was over already stays so.
   */
  load(nowMs: number): FleetFacts {
    const config = this.versions.latest();
    const heard = this.rows('heard');
    const pace = this.rows('pace').now ?? FULL_PACE;
    const ttlMs = config === null ? 0 : voteTtlMs(paced(config.fleet, pace.patience));
    const recent = Object.values(heard).filter(({ atMs }) => atMs > nowMs - HEARD_PRECISION_MS - ttlMs);
    const servers: Record<string, FleetServerState> = {};
    for (const [id, row] of Object.entries(this.rows('server'))) servers[id] = { ...row, votes: votesFor(id, recent, ttlMs, nowMs) };
    const counters = this.rows('counter');
    this.writtenHeard = heard;
    return {
      ...NO_FACTS,
      config,
      revision: counters.revision ?? 0,
      configRevision: counters.configRevision ?? 0,
      state: { servers },
      planned: this.rows('planned'),
      resigned: this.rows('resigned'),
      heard,
      pace,
    };
  }

  /** Saves the facts that changed, and `work`, in one transaction: everything or nothing. Answers how many facts changed. */
  save(facts: FleetFacts, work: () => void): number {
    const heard = this.worthWriting(facts.heard);
    const wanted = recordsOf({ ...facts, heard });
    const changes = KINDS.flatMap((kind) => this.changesOf(kind, wanted[kind]));
    this.storage.transactionSync(() => {
      for (const { kind, id, row } of changes) {
        if (row === null) this.storage.sql.exec('DELETE FROM fact WHERE kind = ? AND id = ?', kind, id);
        else this.storage.sql.exec('INSERT OR REPLACE INTO fact (kind, id, json) VALUES (?, ?, ?)', kind, id, row.json);
      }
      work();
    });
    for (const { kind, id, row } of changes) {
      if (row === null) this.written.get(kind)?.delete(id);
      else this.written.get(kind)?.set(id, row);
    }
    this.writtenHeard = heard;
    return changes.length;
  }

  /** The usage of the plan, in a row of its own: it is no fact of the fleet. */
  readonly shelf: Shelf = {
    read: () => {
      const [row] = this.storage.sql.exec<{ json: string }>("SELECT json FROM fact WHERE kind = 'spending' AND id = 'today'").toArray();
      return row?.json ?? null;
    },
    write: (json) => void this.storage.sql.exec("INSERT OR REPLACE INTO fact (kind, id, json) VALUES ('spending', 'today', ?)", json),
  };

  /** Facts are replaced and never changed in place: what is the same object needs no second look. */
  private changesOf(kind: Kind, wanted: Record<string, unknown>): Change[] {
    const rows = this.written.get(kind) ?? new Map<string, Written>();
    const changes: Change[] = [];
    for (const [id, value] of Object.entries(wanted)) {
      const row = rows.get(id);
      if (row !== undefined && row.value === value) continue;
      const json = JSON.stringify(value);
      if (row?.json !== json) changes.push({ kind, id, row: { value, json } });
    }
    for (const id of rows.keys()) if (wanted[id] === undefined) changes.push({ kind, id, row: null });
    return changes;
  }

  /** Of each vantage what its row should say: what it says, or what the row says when that is the same and recent. */
  private worthWriting(heard: FleetFacts['heard']): Record<string, Heard> {
    const worth: Record<string, Heard> = {};
    for (const [vantage, is] of Object.entries(heard)) {
      const was = this.writtenHeard[vantage];
      const isRecent = was !== undefined && is.atMs < was.atMs + HEARD_PRECISION_MS;
      worth[vantage] = isRecent && essence(was) === essence(is) ? was : is;
    }
    return worth;
  }

  private rows<K extends Kind>(kind: K): Record<string, Row<K>> {
    const rows = this.storage.sql.exec<{ id: string; json: string }>('SELECT id, json FROM fact WHERE kind = ?', kind).toArray();
    for (const { id, json } of rows) this.written.get(kind)?.set(id, { value: null, json });
    return Object.fromEntries(rows.map(({ id, json }) => [id, ROW_SCHEMAS[kind].parse(JSON.parse(json)) as Row<K>]));
  }
}

function recordsOf(facts: FleetFacts): Record<Kind, Record<string, unknown>> {
  const servers = Object.entries(facts.state.servers).map(([id, { votes: _, ...row }]) => [id, row] as const);
  return {
    counter: { revision: facts.revision, configRevision: facts.configRevision },
    server: Object.fromEntries(servers),
    planned: facts.planned,
    resigned: facts.resigned,
    heard: facts.heard,
    pace: facts.pace.patience === 1 ? {} : { now: facts.pace },
  };
}

function votesFor(server: string, heard: readonly Heard[], ttlMs: number, nowMs: number): FleetServerState['votes'] {
  const votes: FleetServerState['votes'] = {};
  for (const { atMs, round } of heard) {
    const vote = round.votes[server];
    if (vote === undefined) continue;
    const wasBelieved = atMs < vote.t + ttlMs;
    votes[round.vantage] = { vote: vote.vote, why: vote.why, t: wasBelieved ? nowMs : vote.t, sighted: round.sighted };
  }
  return votes;
}

/** What a vantage says, without the times and latencies that differ in every round. */
function essence({ round }: Heard): string {
  const votes = Object.entries(round.votes).map(([server, { vote }]) => [server, vote]);
  return JSON.stringify([round.revision, round.colo, round.sighted, votes]);
}
