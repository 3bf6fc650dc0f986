import { Cron as Croner } from 'croner';
import { describe, expect, test } from 'vitest';
import { nextRun, parseCron } from '../../../worker/fleet-file/cron.ts';
import { Prng } from '../../sim/prng.ts';

const at = (text: string): number => Date.parse(text);

function next(text: string, timezone: string, after: string): string | null {
  const cron = parseCron(text);
  if (cron === null) throw new Error(`${text} is no cron`);
  const ms = nextRun(cron, timezone, at(after));
  return ms === null ? null : new Date(ms).toISOString();
}

describe('five fields', () => {
  test.each([
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
  ])('%j is refused', (text) => expect(parseCron(text)).toBeNull());

  test.each([
    'a * * * *',
    '1,,2 * * * *',
    '*-5 * * * *',
    '1-2-3 * * * *',
    '-1 * * * *',
    '1.5 * * * *',
    '@daily',
    '* * * foo *',
    '0x1 * * * *',
  ])('%j is refused, too', (text) => expect(parseCron(text)).toBeNull());

  test('a day of the month and a day of the week: either is enough', () => {
    expect(next('0 0 13 * fri', 'UTC', '2026-11-01T00:00:00Z')).toBe('2026-11-06T00:00:00.000Z');
    expect(next('0 0 13 * fri', 'UTC', '2026-11-12T00:00:00Z')).toBe('2026-11-13T00:00:00.000Z');
    expect(next('0 0 29 2 *', 'UTC', '2096-03-01T00:00:00Z')).toBe('2104-02-29T00:00:00.000Z');
    expect(next('0 0 31 4,6 *', 'UTC', '2026-01-01T00:00:00Z')).toBeNull();
  });
});

describe('when the clocks change', () => {
  test('a time that is left out comes an hour later, one that is repeated comes once', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-29T01:30:00Z')).toBe('2026-03-30T00:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
    expect(next('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z')).toBe('2026-10-03T15:45:00.000Z');
    expect(next('0 0 * * *', 'Asia/Kathmandu', '2026-10-03T00:00:00Z')).toBe('2026-10-03T18:15:00.000Z');
  });
});

test('it agrees with croner on a thousand random crons, where no clock changes', () => {
  const random = new Prng('cron');
  const pick = (count: number) => random.int(0, count - 1);
  const field = (min: number, max: number): string => {
    const [a, b] = [min + pick(max - min + 1), min + pick(max - min + 1)].sort((x, y) => x - y);
    return ['*', `${a}`, `${a}-${b}`, `*/${1 + pick(max - min)}`, `${a},${b}`, `${a}-${b}/${1 + pick(5)}`][pick(6)] ?? '*';
  };
  for (let round = 0; round < 1000; round++) {
    // Of days that are both restricted, one by a step, every cron thinks its own.
    const [day, weekday] = [field(1, 28), field(0, 6)];
    const days = /^\*\//.test(day + weekday) || round % 2 === 0 ? [day, '*'] : [day, weekday].map((one) => one.replace(/^\*.*$/, '*'));
    const text = [field(0, 59), field(0, 23), days[0], field(1, 12), days[1]].join(' ');
    const timezone = ['UTC', 'Asia/Shanghai', 'Asia/Kolkata', 'America/Phoenix'][pick(4)] ?? 'UTC';
    const after = new Date(at('2026-01-01T00:00:00Z') + pick(365 * 86_400) * 1000);
    const theirs = new Croner(text, { timezone, mode: '5-part' }).nextRun(after)?.toISOString() ?? null;
    expect(next(text, timezone, after.toISOString()), `${text} in ${timezone} after ${after.toISOString()}`).toBe(theirs);
  }
});
