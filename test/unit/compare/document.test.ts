import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentOf } from '../../bench/compare/document.ts';
import { runTask } from '../../bench/compare/pool.ts';
import { SYSTEMS } from '../../bench/compare/systems.ts';
import { MIXES } from '../../bench/compare/world/mixes.ts';

const HOURS = 2;
const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/COMPARISON.md'), 'utf8');

const isRow = (line: string) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('|  |');

/** A document without its figures, and without who is ahead, which follows from them. */
function form(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !/^(- .*\(|Ahead of|Nobody is ahead|Written by)/.test(line));
  return lines.map((line) => (isRow(line) ? line.split('|').slice(0, 2).join('|') : line));
}

describe('docs/COMPARISON.md', () => {
  const results = MIXES.flatMap((mix) => SYSTEMS.map((system) => runTask({ system: system.id, mix: mix.id, seed: '1', hours: HOURS })));
  const run = { command: 'test', seed: '1', hours: HOURS, systems: SYSTEMS, mixes: MIXES, results };

  test('has the sections, systems, columns and rules that the command writes today', () => {
    expect(form(DOCUMENT)).toEqual(form(documentOf(run)));
  });

  test('has a figure in every field', () => {
    const rows = DOCUMENT.split('\n').filter(isRow);
    expect(rows).toHaveLength(MIXES.length * SYSTEMS.length);
    for (const row of rows)
      expect(
        row
          .split('|')
          .slice(2, -1)
          .every((cell) => cell.trim() !== ''),
      ).toBe(true);
  });
});
