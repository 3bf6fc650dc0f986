import { type FleetServerState, voteTtlMs } from '../engine/fleet.ts';
import { HEARD_PRECISION_MS } from './cadence.ts';
import { type FleetFacts, type Heard, NO_FACTS, ROW_SCHEMAS } from './fleet-facts.ts';
import { FleetHistory, HISTORY_TABLES } from './fleet-history.ts';
import { OUTBOX_TABLES, Outbox } from './fleet-outbox.ts';
import { FULL_PACE, paced } from './fleet-pace.ts';
import type { Shelf } from './fleet-spending.ts';
import { FleetVersions, VERSION_TABLE } from './fleet-versions.ts';
import { migrate } from './migrations.ts';
import { DELIVERY_TABLE, Outstanding } from './outstanding.ts';
import { TOKEN_TABLE, TokenStore } from './token-store.ts';

/** Append-only. */
const MIGRATIONS = [
  'CREATE TABLE fact (kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID',
  VERSION_TABLE,
  HISTORY_TABLES,
  DELIVERY_TABLE,
  TOKEN_TABLE,
  OUTBOX_TABLES,
];

type Kind = keyof typeof ROW_SCHEMAS;
type Row<K extends Kind> = ReturnType<(typeof ROW_SCHEMAS)[K]['parse']>;

/** The rows of the fleet. */
export class FleetStore {
  readonly versions: FleetVersions;
  readonly history: FleetHistory;
  readonly outstanding: Outstanding;
  readonly outbox: Outbox;
  readonly tokens: TokenStore;
  private readonly storage: DurableObjectStorage;
  /** What the rows say, by kind and id. */
  private written = new Map<string, string>();
  private writtenHeard: Readonly<Record<string, Heard>> = {};

  constructor(storage: DurableObjectStorage) {
    this.storage = storage;
    migrate(storage, MIGRATIONS);
    this.versions = new FleetVersions(storage.sql);
    this.history = new FleetHistory(storage.sql);
    this.outstanding = new Outstanding(storage.sql);
    this.outbox = new Outbox(storage.sql);
    this.tokens = new TokenStore(storage.sql, 'fwv');
  }

  /**
   * All facts. The votes of vantages that were heard shortly before are believed for one more span of a vote's life: without it, a restart would
   * make every server unknown, or let the first vantage that speaks decide alone.
   */
  load(nowMs: number): FleetFacts {
    const config = this.versions.latest();
    const heard = this.rows('heard');
    const pace = this.rows('pace').now ?? FULL_PACE;
    const ttlMs = config === null ? 0 : voteTtlMs(paced(config.fleet, pace.patience));
    const recent = Object.values(heard).filter(({ atMs }) => atMs > nowMs - HEARD_PRECISION_MS - ttlMs);
    const servers: Record<string, FleetServerState> = {};
    for (const [id, row] of Object.entries(this.rows('server'))) servers[id] = { ...row, votes: votesFor(id, recent, nowMs) };
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
      pictures: this.rows('picture'),
      pace,
    };
  }

  /** Saves the facts that changed, and `work`, in one transaction: everything or nothing. Answers how many facts changed. */
  save(facts: FleetFacts, work: () => void): number {
    const heard = this.worthWriting(facts.heard);
    const wanted = rowsOf({ ...facts, heard });
    const changed = [...wanted].filter(([key, { json }]) => this.written.get(key) !== json);
    const gone = [...this.written.keys()].filter((key) => !wanted.has(key));
    this.storage.transactionSync(() => {
      for (const [, { kind, id, json }] of changed)
        this.storage.sql.exec('INSERT OR REPLACE INTO fact (kind, id, json) VALUES (?, ?, ?)', kind, id, json);
      for (const key of gone) this.storage.sql.exec("DELETE FROM fact WHERE kind || '/' || id = ?", key);
      work();
    });
    this.written = new Map([...wanted].map(([key, { json }]) => [key, json]));
    this.writtenHeard = heard;
    return changed.length + gone.length;
  }

  /** The usage of the plan, in a row of its own: it is no fact of the fleet. */
  readonly shelf: Shelf = {
    read: () => {
      const [row] = this.storage.sql.exec<{ json: string }>("SELECT json FROM fact WHERE kind = 'spending' AND id = 'today'").toArray();
      return row?.json ?? null;
    },
    write: (json) => void this.storage.sql.exec("INSERT OR REPLACE INTO fact (kind, id, json) VALUES ('spending', 'today', ?)", json),
  };

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
    for (const { id, json } of rows) this.written.set(`${kind}/${id}`, json);
    return Object.fromEntries(rows.map(({ id, json }) => [id, ROW_SCHEMAS[kind].parse(JSON.parse(json)) as Row<K>]));
  }
}

function rowsOf(facts: FleetFacts): Map<string, { kind: Kind; id: string; json: string }> {
  const servers = Object.entries(facts.state.servers).map(([id, { votes: _, ...row }]) => [id, row] as const);
  const rows: Record<Kind, Record<string, unknown>> = {
    counter: { revision: facts.revision, configRevision: facts.configRevision },
    server: Object.fromEntries(servers),
    planned: facts.planned,
    resigned: facts.resigned,
    heard: facts.heard,
    picture: facts.pictures,
    pace: facts.pace.patience === 1 ? {} : { now: facts.pace },
  };
  const flat = new Map<string, { kind: Kind; id: string; json: string }>();
  for (const kind of Object.keys(rows) as Kind[]) {
    for (const [id, row] of Object.entries(rows[kind])) flat.set(`${kind}/${id}`, { kind, id, json: JSON.stringify(row) });
  }
  return flat;
}

function votesFor(server: string, heard: readonly Heard[], nowMs: number): FleetServerState['votes'] {
  const votes: FleetServerState['votes'] = {};
  for (const { round } of heard) {
    const vote = round.votes[server];
    if (vote !== undefined) votes[round.vantage] = { vote: vote.vote, why: vote.why, t: nowMs, sighted: round.sighted };
  }
  return votes;
}

/** What a vantage says, without the times and latencies that differ in every round. */
function essence({ round }: Heard): string {
  const votes = Object.entries(round.votes).map(([server, { vote }]) => [server, vote]);
  return JSON.stringify([round.revision, round.colo, round.sighted, votes]);
}
