import { expect, test } from 'vitest';
import { lastReminder, nextReminderMs } from '../../../worker/notify/reminders.ts';

const H = 3_600_000;
const incident = { id: 'x', server: 'a', startedAt: new Date(0).toISOString(), endedAt: null, why: '' };

test.each([
  [0, -1, 4 * H],
  [4 * H - 1, -1, 4 * H],
  [4 * H, 0, 28 * H],
  [27 * H, 0, 28 * H],
  [28 * H, 1, 52 * H],
  [1000 * H, 41, 1012 * H],
])('at %d ms the last one was %d, the next is at %d', (nowMs, last, next) => {
  expect(lastReminder(incident, nowMs)).toBe(last);
  expect(nextReminderMs([incident], nowMs)).toBe(next);
});

test('after a start the first one is due, whenever that was: those that were told are known by their ids', () => {
  expect(nextReminderMs([incident], Number.NEGATIVE_INFINITY)).toBe(4 * H);
  expect(nextReminderMs([], 0)).toBeNull();
});
