import { describe, expect, test } from 'vitest';
import { startMonitor } from '../../../router-agent/heartbeat/monitor.ts';
import type { ProbeAnswer } from '../../../router-agent/heartbeat/prober.ts';
import { fakeClock } from './fake-clock.ts';

/** A path whose round trip can be changed; null: it swallows everything. */
function rig(misses = 3, idleIntervalMs = 200) {
  const clock = fakeClock();
  const path: { rttMs: number | null; sent: number; failure: string | null } = { rttMs: 10, sent: 0, failure: null };
  const changes: { at: number; alive: boolean }[] = [];
  const monitor = startMonitor({
    intervalMs: 200,
    idleIntervalMs,
    misses,
    clock,
    probe: (answer: (answer: ProbeAnswer) => void) => {
      path.sent += 1;
      const { failure } = path;
      if (failure !== null) return clock.after(0, () => answer({ ok: false, reason: failure }));
      return path.rttMs === null
        ? clock.after(950, () => answer({ ok: false, reason: 'no answer' }))
        : clock.after(path.rttMs, () => answer({ ok: true }));
    },
    onChange: (alive) => changes.push({ at: clock.now(), alive }),
  });
  return { clock, path, changes, monitor };
}

describe('the heartbeat monitor', () => {
  test('one answer is life, and the path stays alive', () => {
    const { clock, changes, monitor } = rig();
    clock.advance(60_000);
    expect(changes).toEqual([{ at: 10, alive: true }]);
    expect(monitor.state()).toMatchObject({ alive: true, rttMs: 10, loss: 0 });
  });

  test('a black hole is found within interval + two deadlines + the burst, whenever it begins', () => {
    for (let offset = 0; offset < 200; offset += 7) {
      const { clock, path, changes } = rig();
      clock.advance(10_000 + offset);
      path.rttMs = null;
      clock.advance(1000);
      expect(changes.at(-1)?.alive).toBe(false);
      expect((changes.at(-1)?.at ?? 0) - 10_000 - offset).toBeLessThanOrEqual(200 + 60 + 40 + 60);
    }
  });

  test('a starting agent on a starved machine is patient: what would be death later is none in the first seconds', () => {
    const stall = (afterMs: number): boolean | undefined => {
      const { clock, path, changes } = rig();
      clock.advance(afterMs);
      path.rttMs = 280;
      clock.advance(1500);
      path.rttMs = 10;
      return changes.at(-1)?.alive;
    };
    expect(stall(500)).toBe(true);
    expect(stall(10_000)).toBe(false);
  });

  test('an answer that is late but comes during the burst clears the suspicion', () => {
    const { clock, path, changes, monitor } = rig();
    clock.advance(10_000);
    path.rttMs = 130;
    clock.advance(20_000);
    expect(changes).toHaveLength(1);
    expect(monitor.state().alive).toBe(true);
  });

  test('every third heartbeat lost is loss, not death', () => {
    const { clock, path, changes, monitor } = rig();
    clock.advance(185);
    for (let beat = 0; beat < 300; beat++) {
      path.rttMs = beat % 3 === 0 ? null : 10;
      clock.advance(30);
      path.rttMs = 10;
      clock.advance(170);
    }
    expect(changes).toHaveLength(1);
    expect(monitor.state().loss).toBeGreaterThan(0.2);
  });

  test('a dead path lives again after five clean answers, not after one', () => {
    const { clock, path, changes } = rig();
    clock.advance(5000);
    path.rttMs = null;
    clock.advance(5000);
    path.rttMs = 10;
    clock.advance(400);
    path.rttMs = null;
    clock.advance(1000);
    expect(changes.map((change) => change.alive)).toEqual([true, false]);
    path.rttMs = 10;
    clock.advance(1200);
    expect(changes.map((change) => change.alive)).toEqual([true, false, true]);
  });

  test('our own stall voids the miss: the answer was waiting in the kernel', () => {
    const { clock, path, changes, monitor } = rig();
    clock.advance(10_100);
    // The process sleeps for half a second with a probe in flight; the late timer fires before the answer is read.
    path.rttMs = 510;
    clock.advance(101);
    path.rttMs = 10;
    clock.stall(500);
    clock.advance(2000);
    expect(changes).toHaveLength(1);
    expect(monitor.state().loss).toBe(0);
  });

  test('a local failure counts as a miss at once', () => {
    const { clock, path, changes, monitor } = rig();
    clock.advance(10_000);
    path.failure = 'EHOSTUNREACH';
    clock.advance(200 + 50);
    expect(changes.at(-1)?.alive).toBe(false);
    expect(monitor.state().trouble).toBe('EHOSTUNREACH');
  });

  test('never heard: dead, after a patient first deadline', () => {
    const { clock, path, changes } = rig();
    path.rttMs = null;
    clock.advance(500);
    expect(changes).toEqual([]);
    clock.advance(2000);
    expect(changes.map((change) => change.alive)).toEqual([false]);
  });

  test('after stop nothing is sent and nothing is said', () => {
    const { clock, path, changes, monitor } = rig();
    clock.advance(1000);
    monitor.stop();
    const { sent } = path;
    clock.advance(10_000);
    expect(path.sent).toBe(sent);
    expect(changes).toHaveLength(1);
  });
});
