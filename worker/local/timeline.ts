import type { TimelineEntry } from '../protocol/status.ts';
import { type Terminal, type Tone, wrap } from './terminal.ts';

/** Columns of the time and of the word after it. */
const TIME_WIDTH = 10;
const LABEL_WIDTH = 12;

interface Described {
  label: string;
  tone: Tone;
  text: string;
}

/** One entry of the timeline in words: what happened, then why. */
export function describeEntry(entry: TimelineEntry): Described {
  const { kind, why } = entry;
  switch (kind) {
    case 'health':
      return { ...healthWord(entry.to), text: named(entry.server, why) };
    case 'switch':
      return { label: entry.mode === 'cut' ? 'cut' : 'switch', tone: 'move', text: `${moved(entry)}: ${why}` };
    case 'drill':
      return { label: 'drill', tone: 'move', text: `${moved(entry)}: ${why}` };
    case 'failback':
      return { label: 'failback', tone: 'move', text: `${moved(entry)}: ${why}` };
    case 'measured':
      return { label: `away ${duration(entry.outageMs ?? 0)}`, tone: 'warn', text: why };
    case 'agent.online':
    case 'agent.offline':
      return {
        label: kind === 'agent.online' ? 'agent on' : 'agent off',
        tone: kind === 'agent.online' ? 'good' : 'bad',
        text: `${entry.site ?? '?'}: ${why}`,
      };
    case 'agent.problem':
      return { label: 'problem', tone: 'bad', text: `${entry.site ?? '?'}: ${why}` };
    case 'hold':
      return { label: 'hold', tone: 'warn', text: `${entry.site ?? '?'}: ${why}` };
    case 'pin':
    case 'unpin':
    case 'maintenance':
    case 'resign':
    case 'config':
      return { label: kind, tone: 'strong', text: [entry.site ?? entry.server, why].filter((part) => part !== undefined).join(': ') };
  }
}

/** Most sentences name their server themselves. */
function named(server: string | undefined, why: string): string {
  return server === undefined || why.startsWith(server) ? why : `${server}: ${why}`;
}

function healthWord(to: string | undefined): { label: string; tone: Tone } {
  if (to === 'up') return { label: 'up', tone: 'good' };
  if (to === 'down') return { label: 'DOWN', tone: 'bad' };
  return { label: to ?? 'unknown', tone: 'warn' };
}

/** Where a site's new connections go now. */
function moved(entry: TimelineEntry): string {
  const shares = Object.entries(entry.weights ?? {}).filter(([, weight]) => weight > 0);
  shares.sort(([, a], [, b]) => b - a);
  const where = shares.map(([server, weight]) => (weight === 100 ? server : `${weight} % ${server}`)).join(', ');
  return `${entry.site ?? '?'} → ${where === '' ? (entry.to ?? '?') : where}`;
}

/** A length of time as people say it: `640 ms`, `1.3 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Lines for the terminal: the time (of this machine), a word, the sentence; what is too long is continued below it. */
export function renderEntry(entry: TimelineEntry, terminal: Terminal): string {
  const { label, tone, text } = describeEntry(entry);
  return renderLine(clockTime(new Date(entry.at)), label, tone, text, terminal);
}

/** The same form for a line of our own. */
export function renderLine(time: string, label: string, tone: Tone, text: string, terminal: Terminal): string {
  const indent = TIME_WIDTH + LABEL_WIDTH + 1;
  const [first = '', ...rest] = wrap(text, terminal.width - indent);
  const head = `${terminal.paint('quiet', time.padEnd(TIME_WIDTH))}${terminal.paint(tone, label.padEnd(LABEL_WIDTH))} ${first}`;
  return [head, ...rest.map((line) => `${' '.repeat(indent)}${line}`)].join('\n');
}

/** Hours, minutes and seconds of this machine's zone. */
export function clockTime(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Gives each entry once, oldest first. `timeline` is newest first, as the status has it. */
export function createUnseen(): (timeline: readonly TimelineEntry[]) => TimelineEntry[] {
  const seen = new Set<string>();
  return (timeline) => {
    const fresh = timeline.filter(({ id }) => !seen.has(id)).reverse();
    for (const { id } of fresh) seen.add(id);
    return fresh;
  };
}
