import { expect, it } from 'vitest';
import { killMany } from '../../bench/edge/kill.ts';

/** `npm run bench -- kills` does the same fifty times. */
it('an edge whose runtime is killed under load knows everything that it acknowledged, once', async () => {
  const { acknowledged, wrong } = await killMany(3, Math.random, () => undefined);
  expect(wrong).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
}, 180_000);
