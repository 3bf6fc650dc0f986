import { expect, test } from 'vitest';
import { attack } from '../../abuse/attack.ts';

/** The long version: `npm run -s bench -- abuse`. */
test('two thousand malformed requests break nothing, hang nowhere, leak no token and fill no memory', async () => {
  const { statuses, broken, grownMb } = await attack(2000, 'npm test');
  expect(broken).toEqual([]);
  expect(grownMb).toBeLessThan(128);
  // It was no attack on the front door alone.
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '400', '401', '404', '405', '413', '415', '422']));
}, 60_000);
