import { describe, expect, test } from 'vitest';
import { nextDrillMs, scheduled } from '../../../worker/objects/drill-schedule.ts';

const at = (text: string): number => Date.parse(text);
const next = (cron: string, timezone: string, after: string): string | null => {
  const ms = nextDrillMs({ cron, timezone }, at(after));
  return ms === null ? null : new Date(ms).toISOString();
};

describe('the next drill', () => {
  test.each([
    ['30 4 * * 1', 'UTC', '2026-11-23T04:29:59Z', '2026-11-23T04:30:00.000Z'],
    ['30 4 * * 1', 'UTC', '2026-11-23T04:30:00Z', '2026-11-30T04:30:00.000Z'],
    ['30 4 * * 1', 'Europe/Berlin', '2026-11-23T00:00:00Z', '2026-11-23T03:30:00.000Z'],
    ['30 4 * * 1', 'Europe/Berlin', '2026-07-01T00:00:00Z', '2026-07-06T02:30:00.000Z'],
    ['0 3 1 * *', 'Asia/Shanghai', '2026-11-23T00:00:00Z', '2026-11-30T19:00:00.000Z'],
    ['*/15 * * * *', 'UTC', '2026-11-23T04:29:59Z', '2026-11-23T04:30:00.000Z'],
    ['0 0 30 2 *', 'UTC', '2026-11-23T00:00:00Z', null],
  ])('%s %s after %s: %s', (cron, timezone, after, expected) => {
    expect(next(cron, timezone, after)).toBe(expected);
  });
});

test('a schedule keeps its due time until it changes', () => {
  const schedule = { cron: '0 * * * *', timezone: 'UTC' };
  const first = scheduled(null, schedule, at('2026-11-23T00:10:00Z'));
  expect(first?.dueMs).toBe(at('2026-11-23T01:00:00Z'));
  expect(scheduled(first, schedule, at('2026-11-23T05:10:00Z'))).toBe(first);
  expect(scheduled(first, { ...schedule, cron: '5 * * * *' }, at('2026-11-23T05:10:00Z'))?.dueMs).toBe(at('2026-11-23T06:05:00Z'));
  expect(scheduled(first, null, 0)).toBeNull();
});
