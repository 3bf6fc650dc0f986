import type { TimelineEntry } from '../protocol/status.ts';
import type { Terminal } from './terminal.ts';
import { clockTime, createUnseen, renderEntry, renderLine } from './timeline.ts';

/** The edge may restart its runtime within this many looks without a word. */
const QUIET_FAILURES = 10;

/** Of what happened before this start, the last few are told. */
const EARLIER = 5;

/** What the terminal shows: a header, then one calm timeline. */
export interface Screen {
  header(facts: readonly string[], next: readonly string[]): void;
  note(text: string): void;
  /** New entries of a timeline that is newest first; those that were shown are passed over. */
  entries(timeline: readonly TimelineEntry[]): void;
  /** Something that we do ourselves. */
  act(label: string, text: string): void;
  step(number: number, of: number, text: string): void;
  end(ok: boolean, text: string): void;
  /** A fault that the Worker logged. */
  fault(line: string): void;
  unreachable(error: unknown): void;
}

export function createScreen(terminal: Terminal, write: (text: string) => void): Screen {
  const unseen = createUnseen();
  const { paint } = terminal;
  const startedAt = new Date().toISOString();
  let failures = 0;
  let first = true;
  const line = (label: string, tone: Parameters<typeof paint>[0], text: string) =>
    write(renderLine(clockTime(new Date()), label, tone, text, terminal));
  return {
    header(facts, next) {
      write(
        `\n${paint('strong', 'Farwatch')}\n${facts.map((fact) => `  ${fact}`).join('\n')}\n\n${next.map((text) => `  ${paint('quiet', text)}`).join('\n')}\n`,
      );
    },
    note: (text) => write(paint('quiet', text)),
    entries(timeline) {
      failures = 0;
      const fresh = unseen(timeline);
      const earlier = first ? fresh.filter(({ at }) => at < startedAt) : [];
      first = false;
      if (earlier.length > 0) write(paint('quiet', 'Earlier:'));
      for (const entry of earlier.slice(-EARLIER)) write(renderEntry(entry, terminal));
      if (earlier.length > 0) write(paint('quiet', 'Now:'));
      for (const entry of fresh.slice(earlier.length)) write(renderEntry(entry, terminal));
    },
    act: (label, text) => line(label, 'strong', text),
    step: (number, of, text) => line(`✓ ${number}/${of}`, 'good', text),
    end: (ok, text) => write(`\n${paint(ok ? 'good' : 'bad', text)}`),
    fault(text) {
      if (/^(error|warn|\[mf:)/i.test(text)) line('edge', 'bad', text);
    },
    unreachable(error) {
      failures += 1;
      if (failures === QUIET_FAILURES) line('edge', 'bad', `the edge does not answer: ${String(error)}`);
    },
  };
}
