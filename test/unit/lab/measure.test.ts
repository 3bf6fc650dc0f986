import { describe, expect, it } from 'vitest';
import { longestGap } from '../../lab/measure/gap.ts';
import { firstDifference, patternAt } from '../../lab/measure/pattern.ts';
import { spread } from '../../lab/report.ts';

describe('the longest silence', () => {
  it.each([
    ['between two arrivals', [0, 10, 60, 70], 5, 70, 50],
    ['that was under way when the window opened is measured whole', [0, 10, 60], 30, 70, 50],
    ['that lasts until now', [0, 10], 10, 500, 490],
    ['without any arrival is the window', [], 100, 400, 300],
    ['ignores what came after the window', [0, 10, 400], 0, 100, 90],
  ])('%s', (_, arrivals, from, to, expected) => {
    expect(longestGap(arrivals, from, to).ms).toBe(expected);
  });
});

describe('the pattern of a stream', () => {
  it('fits itself over its period', () => {
    const whole = Buffer.concat([patternAt(65_000, 1000), patternAt(66_000, 60_000)]);
    expect(firstDifference(whole, 65_000)).toBe(-1);
  });

  it.each([1, 512, 1024, 1460, 8192, 65_536])('shows that %i bytes are missing', (lost) => {
    const rest = patternAt(5000 + lost, 4000);
    expect(firstDifference(rest, 5000)).toBeGreaterThanOrEqual(5000);
  });

  it('names the first wrong byte', () => {
    const chunk = Buffer.from(patternAt(70_000, 100));
    chunk[42] = (chunk[42] ?? 0) ^ 1;
    expect(firstDifference(chunk, 70_000)).toBe(70_042);
  });
});

describe('the spread of trials', () => {
  it.each([
    [[5], { median: 5, p99: 5, min: 5, max: 5 }],
    [[4, 1, 3], { median: 3, p99: 4, min: 1, max: 4 }],
    [[4, 1, 3, 2], { median: 2.5, p99: 4, min: 1, max: 4 }],
  ])('%j', (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });

  it('is none without trials', () => {
    expect(spread([])).toBeNull();
  });
});
