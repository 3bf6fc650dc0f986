import { describe, expect, test } from 'vitest';
import { activeDownIntervalUs, skewTimeUs } from '../../../worker/engine/vrrp.ts';

describe('RFC 9568 timers, in microseconds', () => {
  test.each([
    [10_000, 254, 78, 30_078],
    [1_000_000, 100, 609_375, 3_609_375],
    [1_000_000, 255, 3_906, 3_003_906],
    [200_000, 100, 121_875, 721_875],
  ])('interval %i, priority %i → skew %i, active down %i', (intervalUs, priority, skew, down) => {
    expect(skewTimeUs(intervalUs, priority)).toBe(skew);
    expect(activeDownIntervalUs(intervalUs, priority)).toBe(down);
  });

  test.each([-1, 256, 1.5, Number.NaN])('priority %s is refused', (priority) => {
    expect(() => skewTimeUs(1000, priority)).toThrow(RangeError);
  });
});
