import { describe, expect, test } from 'vitest';
import { createScreen } from '../../../worker/local/screen.ts';
import { terminalFor, wrap } from '../../../worker/local/terminal.ts';
import { clockTime, createUnseen, describeEntry, duration, renderEntry } from '../../../worker/local/timeline.ts';
import { TIMELINE_KINDS, type TimelineEntry } from '../../../worker/protocol/status.ts';

const AT = '2026-01-02T03:04:05.000Z';
const PLAIN = terminalFor({ columns: 80 }, {});

function entry(fields: Partial<TimelineEntry>): TimelineEntry {
  return { id: 'x', at: AT, kind: 'health', why: 'because', ...fields };
}

describe('an entry in words', () => {
  test.each<[Partial<TimelineEntry>, string, string]>([
    [{ server: 'a', to: 'up', why: 'a is up: 2 of 3' }, 'up', 'a is up: 2 of 3'],
    [{ server: 'a', to: 'down' }, 'DOWN', 'a: because'],
    [{ server: 'a', to: 'maintenance' }, 'maintenance', 'a: because'],
    [{ kind: 'switch', site: 'home', mode: 'cut', to: 'b', weights: { a: 0, b: 100 } }, 'cut', 'home → b: because'],
    [{ kind: 'switch', site: 'home', mode: 'drain', to: 'b' }, 'switch', 'home → b: because'],
    [{ kind: 'failback', site: 'home', to: 'b', weights: { a: 10, b: 90, c: 0 } }, 'failback', 'home → 90 % b, 10 % a: because'],
    [{ kind: 'measured', site: 'home', outageMs: 362 }, 'away 362 ms', 'because'],
    [{ kind: 'config' }, 'config', 'because'],
  ])('%j', (fields, label, text) => {
    expect(describeEntry(entry(fields))).toMatchObject({ label, text });
  });

  test('every kind has a word that fits its column', () => {
    for (const kind of TIMELINE_KINDS) expect(describeEntry(entry({ kind })).label).toMatch(/^.{2,12}$/);
  });
});

describe('on the terminal', () => {
  test('long sentences are continued under their own column, and no line is wider than the terminal', () => {
    const lines = renderEntry(entry({ kind: 'config', why: 'word '.repeat(40) }), PLAIN).split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines[0]).toBe(`${clockTime(new Date(AT))}  config       ${'word '.repeat(11).trim()}`);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {23}word/);
  });

  test('there are colours on a terminal only, and not for who does not want them', () => {
    const painted = (stream: { isTTY?: boolean }, env: Record<string, string>) => terminalFor(stream, env).paint('bad', 'x') !== 'x';
    expect(painted({ isTTY: true }, {})).toBe(true);
    expect(painted({}, {})).toBe(false);
    expect(painted({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(painted({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
    expect(painted({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  });

  test('each entry comes once, oldest first', () => {
    const unseen = createUnseen();
    const [one, two, three] = ['1', '2', '3'].map((id) => entry({ id })) as [TimelineEntry, TimelineEntry, TimelineEntry];
    expect(unseen([two, one]).map(({ id }) => id)).toEqual(['1', '2']);
    expect(unseen([three, two, one]).map(({ id }) => id)).toEqual(['3']);
    expect(unseen([three, two, one])).toEqual([]);
  });

  test('of what happened before the start only the last few are told, and all of what comes after', () => {
    const lines: string[] = [];
    const screen = createScreen(PLAIN, (text) => lines.push(text));
    const old = Array.from({ length: 20 }, (_, index) => entry({ id: `old-${index}`, why: `old ${index}` })).reverse();
    const fresh = entry({ id: 'new', at: new Date(Date.now() + 60_000).toISOString(), why: 'new' });
    screen.entries(old);
    screen.entries([fresh, ...old]);
    expect(lines.filter((line) => line.includes('old '))).toHaveLength(5);
    expect(lines.at(-1)).toContain('new');
  });

  test('an edge that restarts is no news; one that stays away is told once', () => {
    const lines: string[] = [];
    const screen = createScreen(PLAIN, (text) => lines.push(text));
    for (let look = 0; look < 5; look++) screen.unreachable(new Error('gone'));
    screen.entries([]);
    expect(lines).toEqual([]);
    for (let look = 0; look < 40; look++) screen.unreachable(new Error('gone'));
    expect(lines).toHaveLength(1);
  });
});

test.each([
  [0, '0 ms'],
  [361.6, '362 ms'],
  [1000, '1 s'],
  [1340, '1.3 s'],
  [59_949, '59.9 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('wrap keeps every word, also one that is too long', () => {
  expect(wrap('aa bb cccccccc d', 5)).toEqual(['aa bb', 'cccccccc', 'd']);
  expect(wrap('', 5)).toEqual(['']);
});
