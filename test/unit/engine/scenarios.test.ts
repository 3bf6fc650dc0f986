import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runScenario } from './scenario.ts';

const FOLDER = new URL('../../scenarios/', import.meta.url);

describe('scenarios', () => {
  for (const file of readdirSync(FOLDER).sort()) {
    const scenario = runScenario(readFileSync(new URL(file, FOLDER), 'utf8'));
    test(`${file}: ${scenario.title}`, () => {
      expect(scenario.actual).toEqual(scenario.expected);
    });
  }
});
