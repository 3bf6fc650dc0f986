import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Figure, isKept, lineOf } from '../../bench/benchmark.ts';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
/** Two starts of Node, on a busy machine. */
const COMMAND_MS = 20_000;
const bench = (...argv: string[]) => spawnSync(process.execPath, [MAIN, ...argv], { encoding: 'utf8' });

const figure: Figure = { what: 'a thing', value: 300.04, unit: 'ms', better: 'lower' };

describe('a figure as a line', () => {
  test('the ratio is value ÷ peer', () => {
    const line = JSON.parse(lineOf('x', { ...figure, peer: { name: 'another', value: 600 } }));
    expect(line).toEqual({
      bench: 'x',
      what: 'a thing',
      value: 300,
      unit: 'ms',
      peer: 600,
      ratio: 0.5001,
      better: 'lower',
      peerName: 'another',
    });
  });

  test('without a peer there is none', () => {
    expect(JSON.parse(lineOf('x', figure))).toMatchObject({ peer: null, ratio: null, peerName: null });
  });

  test.each([
    ['lower', 300, false],
    ['lower', 301, true],
    ['higher', 300, true],
    ['higher', 301, false],
  ] as const)('%s is better and %d promised: kept %s', (better, promise, kept) => {
    expect(isKept({ ...figure, better, promise })).toBe(kept);
    expect(JSON.parse(lineOf('x', { ...figure, better, promise }))).toMatchObject({ promise, kept });
  });
});

describe('the command', () => {
  test(
    'lists its benchmarks and refuses what it has not',
    () => {
      const listed = bench('list');
      expect(listed.status).toBe(0);
      expect(listed.stdout).toContain('replay');
      const unknown = bench('nonsense');
      expect(unknown.status).toBe(2);
      expect(unknown.stderr).toContain('there is no benchmark nonsense');
      expect(unknown.stdout).toBe('');
    },
    COMMAND_MS,
  );
});
