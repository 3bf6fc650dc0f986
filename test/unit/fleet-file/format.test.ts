import { expect, test } from 'vitest';
import { formatOf } from '../../../worker/fleet-file/format.ts';

test.each([
  ['fleet.toml', '[fleet]', 'toml'],
  ['fleet.json', '{}', 'json'],
  // The name is believed, so that the error is about what was meant.
  ['fleet.json', '[fleet]', 'json'],
  ['fleet.toml', '{}', 'toml'],
  ['/dev/fd/63', '# home\n[fleet]', 'toml'],
  ['/dev/fd/63', '\n {"fleet":{}}', 'json'],
  ['fleet.conf', '', 'toml'],
] as const)('%s that begins with %j is %s', (file, text, format) => {
  expect(formatOf(file, text)).toBe(format);
});
