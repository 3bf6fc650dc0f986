import { expect, test } from 'vitest';
import { confirmPauseS } from '../../../worker/objects/confirm-pause.ts';
import type { Report } from '../../../worker/protocol/report.ts';

const report: Report = { site: 'home', instance: 'one', version: '1', seq: 2, applied: 7, paths: [] };
const LEASE_MS = 180_000;

test.each([
  ['a site alone', 1, 0],
  ['a few', 99, 0],
  ['a rush', 100, 1],
  ['a thousand', 1000, 4],
  ['more than there is patience for', 10_000, 12],
])('%s: a crowd of %d waits %d s', (_, crowd, seconds) => expect(confirmPauseS(crowd, LEASE_MS, report)).toBe(seconds));

test.each<[string, number, Partial<Report>]>([
  ['has cut a path by itself', LEASE_MS, { latched: ['a'] }],
  ['has just started', LEASE_MS, { applied: 0 }],
  ['has a lease without time for it', 65_000, {}],
])('a router never waits that %s', (_, leaseMs, said) => expect(confirmPauseS(1000, leaseMs, { ...report, ...said })).toBe(0));
