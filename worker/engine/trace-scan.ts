import { mayBeKey } from '../protocol/ids.ts';
import { MAX_EPOCH } from '../protocol/report.ts';
import { type Field, FlatScan, fieldOf, fieldSet } from './flat-scan.ts';
import type { Event, Rules } from './step.ts';
import type { Ms } from './types.ts';
import { Words } from './words.ts';

/** The limits of free text in a line, in UTF-16 units. */
export const MAX_REASON_LENGTH = 200;
export const MAX_WAN_LENGTH = 32;

/** So many different reasons and WANs are kept as strings; a trace that makes up more of them is read a little slower. */
const MAX_TEXTS = 1024;

type HotType = 'probe' | 'witness' | 'path' | 'poll';

/** Which keys a kind of line must have, and which it may have. */
const KEYS: Record<HotType, { needs: number; may: number }> = {
  probe: keys(['vantage', 'server', 'check', 'ok'], ['reason', 'ms']),
  witness: keys(['vantage', 'ok'], []),
  path: keys(['site', 'server', 'alive'], ['wan', 'rttMs', 'loss']),
  poll: keys(['site', 'applied'], []),
};
const TYPES = new Words<HotType>((Object.keys(KEYS) as HotType[]).map((type) => [type, type] as const));

function keys(needs: readonly Field[], may: readonly Field[]): { needs: number; may: number } {
  const bits = fieldSet('t', 'type', ...needs);
  return { needs: bits, may: bits | fieldSet(...may) };
}

const T = fieldOf('t');
const TYPE = fieldOf('type');
const VANTAGE = fieldOf('vantage');
const SERVER = fieldOf('server');
const SITE = fieldOf('site');
const CHECK = fieldOf('check');
const MS = fieldOf('ms');
const REASON = fieldOf('reason');
const WAN = fieldOf('wan');
const RTT_MS = fieldOf('rttMs');
const LOSS = fieldOf('loss');
const APPLIED = fieldOf('applied');
const OK = fieldSet('ok');
const ALIVE = fieldSet('alive');

interface KnownServer {
  id: string;
  checks: number;
}

interface KnownSite {
  id: string;
  servers: ReadonlySet<string>;
}

/**
 * The fast way to read the four kinds of lines that a trace consists of. It accepts nothing that the schema of `trace.ts` would not, and
 * gives the same event; what it declines (null) is not wrong, only not plain, and has to be read by the schema.
 */
export class TraceScan {
  readonly #scan = new FlatScan();
  readonly #vantages: Words<string>;
  readonly #servers: Words<KnownServer>;
  readonly #sites: Words<KnownSite>;
  readonly #texts = new Words<string>();

  constructor(rules: Rules) {
    this.#vantages = new Words(rules.vantages.map((id) => [id, id] as const));
    this.#servers = new Words(Object.entries(rules.servers).map(([id, { critical }]) => [id, { id, checks: critical.length }] as const));
    this.#sites = new Words(
      rules.sites.map(({ id, servers }) => [id, { id, servers: new Set(servers.map((server) => server.id)) }] as const),
    );
  }

  /** @param to as in `FlatScan.scan`: `bytes[to]` is a line feed */
  read(bytes: Uint8Array, from: number, to: number): { ok: true; t: Ms; event: Event } | null {
    const scan = this.#scan;
    if (!scan.scan(bytes, from, to)) return null;
    const type = scan.lookUp(TYPES, TYPE);
    if (type === undefined) return null;
    const { needs, may } = KEYS[type];
    if ((scan.seen & needs) !== needs || (scan.seen & ~may) !== 0) return null;
    const t = scan.number[T] ?? 0;
    const event = Number.isInteger(t) ? this.#event(type) : null;
    return event === null ? null : { ok: true, t, event };
  }

  #event(type: HotType): Event | null {
    switch (type) {
      case 'probe':
        return this.#probe();
      case 'path':
        return this.#path();
      case 'poll':
        return this.#poll();
      case 'witness': {
        const vantage = this.#scan.lookUp(this.#vantages, VANTAGE);
        return vantage === undefined ? null : { type: 'witness', vantage, ok: (this.#scan.truths & OK) !== 0 };
      }
    }
  }

  #probe(): Event | null {
    const scan = this.#scan;
    const vantage = scan.lookUp(this.#vantages, VANTAGE);
    const server = scan.lookUp(this.#servers, SERVER);
    const check = scan.number[CHECK] ?? 0;
    if (vantage === undefined || server === undefined || !Number.isInteger(check) || check >= server.checks) return null;
    const reason = this.#text(REASON, MAX_REASON_LENGTH);
    if (reason === null) return null;
    return { type: 'probe', vantage, server: server.id, check, ok: (scan.truths & OK) !== 0, reason, ms: this.#number(MS) };
  }

  #path(): Event | null {
    const scan = this.#scan;
    const site = scan.lookUp(this.#sites, SITE);
    const server = scan.lookUp(this.#servers, SERVER);
    if (site === undefined || server === undefined || !site.servers.has(server.id)) return null;
    const wan = this.#text(WAN, MAX_WAN_LENGTH);
    const loss = this.#number(LOSS);
    if (wan === null || (wan !== undefined && !mayBeKey(wan)) || (loss !== undefined && loss > 1)) return null;
    return { type: 'path', site: site.id, server: server.id, wan, alive: (scan.truths & ALIVE) !== 0, rttMs: this.#number(RTT_MS), loss };
  }

  #poll(): Event | null {
    const site = this.#scan.lookUp(this.#sites, SITE);
    const applied = this.#scan.number[APPLIED] ?? 0;
    return site === undefined || !Number.isInteger(applied) || applied > MAX_EPOCH ? null : { type: 'poll', site: site.id, applied };
  }

  /** A number that may be absent; null is as good as absent. */
  #number(field: number): number | undefined {
    const value = (this.#scan.seen & (1 << field)) === 0 ? undefined : this.#scan.number[field];
    return Number.isNaN(value) ? undefined : value;
  }

  /** Free text that may be absent; null: too long. */
  #text(field: number, maxLength: number): string | undefined | null {
    const scan = this.#scan;
    if ((scan.seen & (1 << field)) === 0) return undefined;
    if (scan.textLength(field) > maxLength) return null;
    const known = scan.lookUp(this.#texts, field);
    if (known !== undefined) return known;
    const text = scan.text(field);
    if (this.#texts.size < MAX_TEXTS) this.#texts.add(text, text);
    return text;
  }
}
