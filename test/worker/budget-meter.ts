import { Fleet } from '../../worker/objects/fleet.ts';
import { Site } from '../../worker/objects/site.ts';
import { Vantage } from '../../worker/objects/vantage.ts';

/*
 * A meter on everything that Cloudflare bills a Durable Object for: it wraps the runtime's own entry points, so that nothing of the product knows
 * of it and nothing that the product does goes past it.
 */

const CLASSES = { fleet: Fleet, vantage: Vantage, site: Site };
export type Kind = keyof typeof CLASSES;

/** What wakes an object, beside the methods that others call on it. */
const EVENTS = new Set(['alarm', 'fetch', 'webSocketMessage', 'webSocketClose', 'webSocketError']);
/** Twenty incoming messages of a WebSocket are one request. Its close is counted as a message, although the price list does not name it. */
const TWENTIETHS = new Set(['webSocketMessage', 'webSocketClose', 'webSocketError']);

type Method = (...args: unknown[]) => unknown;
/** `to` is infinite while it lasts. */
type Span = { from: number; to: number };

interface Context {
  id: { name?: string };
  storage: object;
}

export interface Reading {
  /** By `kind.method`. */
  calls: Record<string, number>;
  requests: number;
  rowsWritten: number;
  rowsRead: number;
  /** Wall-clock time in which objects were at work, in milliseconds, by kind. */
  activeMs: Record<Kind, number>;
}

export class Meter {
  /** When each object's alarm is due, by the object's name. */
  readonly alarms = new Map<string, number>();
  private readonly undo: (() => void)[] = [];
  private readonly names = new Map<object, string>();
  private readonly cursors: { rowsWritten: number; rowsRead: number }[] = [];
  private calls = new Map<string, number>();
  private spans = new Map<string, { kind: Kind; spans: Span[] }>();
  private alarmRows = 0;

  /** Begins to measure. `context` is any object's, to find the runtime's own classes by. */
  install(context: Context & { waitUntil: (work: Promise<unknown>) => void }): void {
    const { storage } = context as { storage: object & { sql: object } };
    for (const kind of Object.keys(CLASSES) as Kind[]) this.wrapClass(kind);
    const meter = this;
    this.wrap(
      Object.getPrototypeOf(storage.sql),
      'exec',
      (original) =>
        function (this: object, ...args: unknown[]) {
          const cursor = original.apply(this, args) as { rowsWritten: number; rowsRead: number };
          meter.cursors.push(cursor);
          return cursor;
        },
    );
    this.wrap(
      Object.getPrototypeOf(storage),
      'setAlarm',
      (original) =>
        function (this: object, ...args: unknown[]) {
          meter.alarmRows++;
          meter.alarms.set(meter.names.get(this) ?? '?', Number(args[0]));
          return original.apply(this, args);
        },
    );
    this.wrap(
      Object.getPrototypeOf(storage),
      'deleteAlarm',
      (original) =>
        function (this: object, ...args: unknown[]) {
          meter.alarms.delete(meter.names.get(this) ?? '?');
          return original.apply(this, args);
        },
    );
    this.wrap(
      Object.getPrototypeOf(context),
      'waitUntil',
      (original) =>
        function (this: Context, ...args: unknown[]) {
          const end = meter.begin(this);
          Promise.resolve(args[0]).then(end, end);
          return original.apply(this, args);
        },
    );
  }

  uninstall(): void {
    for (const undo of this.undo.splice(0).reverse()) undo();
  }

  /** Forgets what was measured so far; alarms stay known. */
  zero(): void {
    this.cursors.length = 0;
    this.calls = new Map();
    this.spans = new Map();
    this.alarmRows = 0;
  }

  read(): Reading {
    let requests = 0;
    for (const [name, count] of this.calls) requests += TWENTIETHS.has(name.slice(name.indexOf('.') + 1)) ? count / 20 : count;
    const activeMs = { fleet: 0, vantage: 0, site: 0 };
    for (const { kind, spans } of this.spans.values()) activeMs[kind] += covered(spans);
    return {
      calls: Object.fromEntries([...this.calls].sort()),
      requests,
      rowsWritten: this.alarmRows + this.cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
      rowsRead: this.cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
      activeMs,
    };
  }

  private wrapClass(kind: Kind): void {
    const { prototype } = CLASSES[kind];
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name === 'constructor' || typeof Object.getOwnPropertyDescriptor(prototype, name)?.value !== 'function') continue;
      if (!EVENTS.has(name) && !isRpc(kind, name)) continue;
      const meter = this;
      this.wrap(
        prototype,
        name,
        (original) =>
          function (this: { ctx: Context }, ...args: unknown[]) {
            meter.count(`${kind}.${name}`);
            if (name === 'alarm') meter.alarms.delete(this.ctx.id.name ?? '?');
            const end = meter.begin(this.ctx, kind);
            const result = original.apply(this, args);
            Promise.resolve(result).then(end, end);
            return result;
          },
      );
    }
  }

  private wrap(target: object, name: string, make: (original: Method) => Method): void {
    const original = Reflect.get(target, name) as Method;
    Reflect.set(target, name, make(original));
    this.undo.push(() => Reflect.set(target, name, original));
  }

  private count(name: string): void {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
  }

  private begin(ctx: Context, kind?: Kind): () => void {
    const name = ctx.id.name ?? '?';
    this.names.set(ctx.storage, name);
    const known = this.spans.get(name) ?? { kind: kind ?? (name.split('/')[0] as Kind), spans: [] };
    this.spans.set(name, known);
    const span = { from: performance.now(), to: Number.POSITIVE_INFINITY };
    known.spans.push(span);
    return () => {
      span.to = performance.now();
    };
  }
}

/** Public asynchronous methods: what other objects and the Worker call. */
function isRpc(kind: Kind, name: string): boolean {
  return RPC[kind].includes(name);
}

const RPC: Record<Kind, readonly string[]> = {
  fleet: ['putFleet', 'getFleet', 'votes', 'news', 'status', 'vitals', 'watchdog', 'resign', 'setMaintenance', 'checkServerToken'],
  vantage: ['assume', 'secondOpinion', 'watchdog'],
  site: ['assume', 'pin', 'unpin', 'drill', 'createToken', 'checkToken'],
};

/** The length of the union of the spans, up to now. */
function covered(spans: readonly Span[]): number {
  const now = performance.now();
  let total = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const until = Math.min(to, now);
    total += Math.max(0, until - Math.max(from, end));
    end = Math.max(end, until);
  }
  return total;
}
