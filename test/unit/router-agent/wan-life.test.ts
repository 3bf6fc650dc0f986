import { expect, test } from 'vitest';
import type { PathState } from '../../../router-agent/heartbeat/monitor.ts';
import { wanLives } from '../../../router-agent/wan/life.ts';

const path = (alive: boolean | null, heardAt: number | null = 1): PathState => ({ alive, heardAt, rttMs: null, loss: 0, trouble: null });

test.each<[string, PathState[], boolean | null]>([
  ['one that answers proves it', [path(false), path(true)], true],
  ['all that ever answered are silent', [path(false), path(false)], false],
  ['one that never answered says nothing', [path(false, null), path(true)], true],
  ['only such: no evidence', [path(false, null), path(false, null)], null],
  ['one is dead, another not known yet', [path(false), path(null)], null],
  ['no servers', [], null],
])('%s', (_, states, life) => expect(wanLives(states)).toBe(life));
