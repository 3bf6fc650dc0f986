import { expect, test } from 'vitest';
import { limitIn } from '../../../worker/local/open-files.ts';

test.each([
  [
    'Max processes             95935                95935                processes\nMax open files            1024                 524288               files',
    1024,
  ],
  ['Max open files            unlimited            unlimited            files', Number.POSITIVE_INFINITY],
  ['', 0],
])('the soft limit of open files is read from what the system says', (text, limit) => {
  expect(limitIn(text)).toBe(limit);
});
