import { expect, test } from 'vitest';
import { Rush } from '../../../worker/http/rush.ts';

/** Told so many sites their epoch 7, a millisecond apart, the last one at 0. */
function told(count: number): Rush {
  const rush = new Rush();
  for (let i = 1; i <= count; i++) rush.note(`site-${i}`, 7, i - count);
  return rush;
}

test('a poll that confirms what was told in a rush waits, a poll that has something to hear or was not told does not', () => {
  const rush = told(100);
  expect(rush.yieldMs('site-1', 7, 10, 0)).toBe(500);
  expect(rush.yieldMs('site-1', 7, 10, 1)).toBe(1000);
  expect(rush.yieldMs('site-1', 6, 10, 0)).toBeNull();
  expect(rush.yieldMs('site-101', 7, 10, 0)).toBeNull();
});

test('a few directives are no rush', () => {
  expect(told(49).yieldMs('site-1', 7, 10, 0)).toBeNull();
});

test('when no directive has left for a moment they pass, one after the other', () => {
  const rush = told(100);
  expect(rush.yieldMs('site-1', 7, 999, 0)).toBe(500);
  expect(rush.yieldMs('site-1', 7, 1000, 0)).toBe(2);
  expect(rush.yieldMs('site-2', 7, 1000, 0)).toBe(4);
  expect(rush.yieldMs('site-1', 7, 1002, 0)).toBeNull();
  for (let i = 3; i <= 100; i++) expect(rush.yieldMs(`site-${i}`, 7, 1050, 0)).not.toBeNull();
});

test('the next rush knows nothing of the one before', () => {
  const rush = told(100);
  rush.note('other', 3, 2000);
  expect(rush.yieldMs('site-1', 7, 2000, 0)).toBeNull();
});
