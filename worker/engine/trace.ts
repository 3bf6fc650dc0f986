import { doubledKey } from './doubled-key.ts';
import type { Event, Rules } from './step.ts';
import { TraceScan } from './trace-scan.ts';
import { lineSchema, sentenceOf } from './trace-schema.ts';
import type { Ms } from './types.ts';

type TraceLine = { ok: true; t: Ms; event: Event } | { ok: false; error: string };

/**
 * Reads lines of a trace against the fleet that they speak of. Plain lines are read fast (`TraceScan`); all others, and everything that is wrong,
 * by the schema, which alone says what a line may be. Nothing in here throws: what is wrong comes back as a sentence.
 */
export class TraceReader {
  readonly #rules: Rules;
  readonly #scan: TraceScan;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(rules: Rules) {
    this.#rules = rules;
    this.#scan = new TraceScan(rules);
  }

  /** Reads the line `bytes[from, to)`. A line feed (or the carriage return before one) has to follow it in `bytes`. */
  read(bytes: Uint8Array, from: number, to: number): TraceLine {
    return this.#scan.read(bytes, from, to) ?? this.#readSlowly(bytes.subarray(from, to));
  }

  #readSlowly(line: Uint8Array): TraceLine {
    let text: string;
    try {
      text = this.#decoder.decode(line);
    } catch {
      return { ok: false, error: 'not UTF-8' };
    }
    return readBySchema(text, this.#rules);
  }
}

/** What a line means, without haste: the fast way has to agree with it on every line that it accepts. */
export function readBySchema(text: string, rules: Rules): TraceLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return { ok: false, error: `not JSON: ${printable((cause as Error).message.replace('(line 1 column ', '(column '))}` };
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) return { ok: false, error: printable(sentenceOf(parsed.error, json)) };
  const { t, ...event } = parsed.data;
  const error = doubledKey(text) ?? unknownName(event, rules);
  return error === null ? { ok: true, t, event } : { ok: false, error };
}

/** The sentence goes to a terminal: what a trace contains must not steer it, nor fill it. */
function printable(message: string): string {
  const plain = message.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}

function unknownName(event: Event, rules: Rules): string | null {
  if ('vantage' in event && !rules.vantages.includes(event.vantage)) return `vantage: "${event.vantage}" is not in the fleet file`;
  if ('server' in event && !Object.hasOwn(rules.servers, event.server)) return `server: "${event.server}" is not in the fleet file`;
  if (event.type === 'probe' && event.check >= (rules.servers[event.server]?.critical.length ?? 0))
    return `check: server "${event.server}" has no check ${event.check}`;
  if (!('site' in event)) return null;
  const site = rules.sites.find((candidate) => candidate.id === event.site);
  if (site === undefined) return `site: "${event.site}" is not in the fleet file`;
  if ('server' in event && !site.servers.some((server) => server.id === event.server))
    return `server: "${event.server}" is not a server of site "${event.site}"`;
  return null;
}
