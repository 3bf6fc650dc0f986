import { describe, expect, test } from 'vitest';
import { startMonitor } from '../../../router-agent/heartbeat/monitor.ts';
import type { ProbeAnswer } from '../../../router-agent/heartbeat/prober.ts';
import { startSampler } from '../../../router-agent/heartbeat/sampler.ts';
import { fakeClock } from './fake-clock.ts';

const IDLE_MS = 10_000;
/** Two samples, the deadline, three probes more at 20 ms, a deadline; and the 10 ms that the traffic itself is apart. */
const DETECTION_MS = 2 * 15 + 30 + 60 + 30 + 10;

/**
 * A tunnel whose counters can be read. `rttMs` null swallows everything; `losing` decides for each packet. `talk` makes somebody send each 10 ms and
 * be answered.
 */
function rig() {
  const clock = fakeClock();
  const counters = { tx: 0, rx: 0 };
  const path: { rttMs: number | null; losing: () => boolean; probes: number; deaf: boolean; gone: boolean } = {
    rttMs: 5,
    losing: () => false,
    probes: 0,
    deaf: false,
    gone: false,
  };
  const changes: { at: number; alive: boolean }[] = [];
  let suspected = 0;
  function arrives(bytes: number, then: () => void): () => void {
    counters.tx += 60;
    if (path.rttMs === null || path.losing()) return () => undefined;
    return clock.after(path.rttMs, () => {
      counters.rx += bytes;
      then();
    });
  }
  const monitor = startMonitor({
    intervalMs: 200,
    idleIntervalMs: IDLE_MS,
    misses: 3,
    clock,
    counters: () => ({ ...counters }),
    probe(answer: (answer: ProbeAnswer) => void) {
      path.probes += 1;
      const end = clock.after(950, () => answer({ ok: false, reason: 'no answer' }));
      if (path.deaf) return end;
      const cancel = arrives(40, () => {
        end();
        answer({ ok: true });
      });
      return () => {
        end();
        cancel();
      };
    },
    onChange: (alive) => changes.push({ at: clock.now(), alive }),
    onSuspect: () => {
      suspected += 1;
    },
  });
  let reads = 0;
  function read() {
    reads += 1;
    return path.gone ? new Map() : new Map([['wg0', { ...counters }]]);
  }
  startSampler(clock, { read, close: () => undefined }, [{ device: 'wg0', sample: monitor.sample }]);
  function every(ms: number, task: () => void): () => void {
    let cancel: () => void = () => undefined;
    const again = () => {
      task();
      cancel = clock.after(ms, again);
    };
    again();
    return () => cancel();
  }
  clock.advance(5000);
  return {
    clock,
    path,
    changes,
    monitor,
    counters,
    suspicions: () => suspected,
    reads: () => reads,
    talk: () => every(10, () => arrives(100, () => undefined)),
    upload: () =>
      every(10, () => {
        counters.tx += 1000;
      }),
    download: () =>
      every(10, () => {
        if (path.rttMs === null) return;
        counters.rx += 1500;
        counters.tx += 60;
      }),
  };
}

/** From now on everything is swallowed, and that is known within `DETECTION_MS`. */
function expectFoundInTime({ clock, path, changes }: ReturnType<typeof rig>): void {
  const faultAt = clock.now();
  path.rttMs = null;
  clock.advance(1000);
  expect(changes.at(-1)).toMatchObject({ alive: false });
  expect((changes.at(-1)?.at ?? 0) - faultAt).toBeLessThanOrEqual(DETECTION_MS);
}

describe('a path whose traffic is watched', () => {
  test('idle, it is asked each ten seconds and no more', () => {
    const { clock, path, changes } = rig();
    const { probes } = path;
    clock.advance(100_000);
    expect(path.probes - probes).toBe(10);
    expect(changes).toHaveLength(1);
  });

  test('once it is dead it is asked five times a second, whenever it died', () => {
    for (let offset = 0; offset < 1000; offset += 90) {
      const { clock, path, changes, talk } = rig();
      talk();
      clock.advance(5000 + offset);
      path.rttMs = null;
      while (changes.at(-1)?.alive !== false) clock.advance(1);
      const { probes } = path;
      clock.advance(1000);
      expect(path.probes - probes).toBe(5);
    }
  });

  test('when its device goes, it is asked five times a second, for nothing watches it any more', () => {
    const { clock, path } = rig();
    path.gone = true;
    const { probes } = path;
    clock.advance(1200);
    expect(path.probes - probes).toBe(5);
  });

  test('after its traffic has stopped it is asked about that, and then each ten seconds and no more', () => {
    const { clock, path, changes, talk } = rig();
    const silence = talk();
    clock.advance(3000);
    silence();
    clock.advance(1000);
    const { probes } = path;
    clock.advance(100_000);
    expect(path.probes - probes).toBe(10);
    expect(changes).toHaveLength(1);
  });

  test('idle, the counters are read five times a second, our own heartbeats or not; quickly with the first byte of somebody else', () => {
    const { clock, path, reads, talk } = rig();
    clock.advance(5000);
    const [before, { probes }] = [reads(), { ...path }];
    clock.advance(60_000);
    expect(path.probes - probes).toBe(6);
    expect(reads() - before).toBeLessThanOrEqual(310);
    talk();
    clock.advance(200);
    const rested = reads();
    clock.advance(1500);
    expect(reads() - rested).toBeGreaterThanOrEqual(99);
  });

  test.each([
    ['a day forth, which could have been a sleep: all is asked once more', 86_400_000, 2 * DETECTION_MS + 30],
    ['a day back', -86_400_000, DETECTION_MS],
  ])('the wall clock is set %s: nothing is judged by it', (_, ms, withinMs) => {
    for (let offset = 0; offset < 200; offset += 20) {
      const { clock, path, changes, talk } = rig();
      talk();
      clock.advance(3000);
      clock.setWall(ms);
      clock.advance(3000);
      expect(changes).toHaveLength(1);
      path.rttMs = null;
      clock.advance(offset);
      clock.setWall(ms);
      clock.advance(1000 - offset);
      expect(changes.at(-1)).toMatchObject({ alive: false });
      expect((changes.at(-1)?.at ?? 0) - clock.now() + 1000).toBeLessThanOrEqual(withinMs);
    }
  });

  test('under traffic a black hole is found within a deadline and four probes, whenever it begins', () => {
    for (let offset = 0; offset < 100; offset += 7) {
      const one = rig();
      const { clock, talk } = one;
      talk();
      clock.advance(3000 + offset);
      expectFoundInTime(one);
    }
  });

  test('a black hole is found as soon on a path that came back a moment ago, and is asked five times a second', () => {
    for (let offset = 0; offset < 210; offset += 7) {
      const one = rig();
      const { clock, path, talk } = one;
      path.rttMs = null;
      clock.advance(20_000);
      path.rttMs = 5;
      clock.advance(5000);
      talk();
      clock.advance(3000 + offset);
      expectFoundInTime(one);
    }
  });

  test('what was not answered while the machine was suspended is no evidence: it is gathered anew', () => {
    for (let offset = 0; offset < 60; offset += 5) {
      const { clock, path, changes, talk, suspicions } = rig();
      talk();
      clock.advance(3000);
      const before = suspicions();
      path.rttMs = null;
      while (suspicions() === before) clock.advance(1);
      clock.advance(Math.min(offset, 40));
      clock.sleep(3_600_000);
      // The line is back a moment after the machine.
      clock.advance(80);
      path.rttMs = 5;
      clock.advance(2000);
      expect(changes).toHaveLength(1);
    }
  });

  test('a download that stops is enough: the client sends nothing more', () => {
    const one = rig();
    one.download();
    one.clock.advance(3000);
    expectFoundInTime(one);
  });

  test('living traffic needs no heartbeat but one each ten seconds', () => {
    const { clock, path, talk } = rig();
    talk();
    const { probes } = path;
    clock.advance(60_000);
    expect(path.probes - probes).toBeLessThanOrEqual(6);
  });

  test('one-way upload costs a probe each 200 ms, and nobody else is asked', () => {
    const { clock, path, changes, suspicions, upload } = rig();
    upload();
    const { probes } = path;
    clock.advance(10_000);
    expect(path.probes - probes).toBeGreaterThan(30);
    expect(path.probes - probes).toBeLessThanOrEqual(50);
    expect(suspicions()).toBe(0);
    expect(changes).toHaveLength(1);
  });

  test('our own stall is no silence of the path', () => {
    const { clock, changes, talk } = rig();
    talk();
    clock.advance(3000);
    for (let stall = 0; stall < 50; stall++) {
      clock.stall(300);
      clock.advance(137);
    }
    expect(changes).toHaveLength(1);
  });

  test('a machine that has just been late itself may let its tunnels be late too, for a few seconds', () => {
    const silence = (ms: number, afterMs: number) => {
      const { clock, path, changes, talk } = rig();
      talk();
      clock.advance(3000);
      clock.stall(ms);
      clock.advance(afterMs);
      path.rttMs = null;
      clock.advance(400);
      path.rttMs = 5;
      clock.advance(50);
      return changes.length - 1;
    };
    expect(silence(0, 500)).toBe(1);
    expect(silence(25, 500)).toBe(1);
    expect(silence(200, 500)).toBe(0);
    expect(silence(200, 5000)).toBe(1);
    expect(silence(4000, 500)).toBe(0);
    expect(silence(4000, 5000)).toBe(1);
    expect(silence(3_600_000, 500)).toBe(1);
  });

  test('a path that stops now and then is not condemned for as short a silence again', () => {
    const { clock, path, changes, talk, monitor } = rig();
    talk();
    clock.advance(3000);
    const pause = (ms: number) => {
      path.rttMs = null;
      clock.advance(ms);
      path.rttMs = 5;
      clock.advance(2000);
    };
    pause(110);
    pause(125);
    pause(140);
    pause(160);
    expect(changes).toHaveLength(1);
    expect(monitor.state().alive).toBe(true);
    pause(400);
    expect(changes.map(({ alive }) => alive)).toEqual([true, false, true]);
  });

  test('a burst of loss that was taken for a death is not taken for one again', () => {
    const { clock, path, changes, talk } = rig();
    talk();
    clock.advance(3000);
    const burst = () => {
      path.rttMs = null;
      clock.advance(400);
      path.rttMs = 5;
      clock.advance(5000);
    };
    burst();
    expect(changes.map(({ alive }) => alive)).toEqual([true, false, true]);
    for (let i = 0; i < 10; i++) burst();
    expect(changes).toHaveLength(3);
    path.rttMs = null;
    clock.advance(1200);
    expect(changes).toHaveLength(4);
  });

  test('probes that have been swallowed while traffic goes on are neither a death nor loss; a second without traffic is', () => {
    const { clock, path, changes, counters, monitor, talk } = rig();
    let cancel: () => void = () => undefined;
    const answered = () => {
      counters.rx += 800;
    };
    /** Somebody asks now and then, and is answered. */
    const gaps = [10, 40, 250, 60, 400, 20, 600, 90];
    const again = (i: number): void => {
      counters.tx += 100;
      if (path.rttMs !== null) clock.after(path.rttMs, answered);
      cancel = clock.after(gaps[i % gaps.length] ?? 0, () => again(i + 1));
    };
    const silence = talk();
    clock.advance(3000);
    path.deaf = true;
    // That they are swallowed is known once a few have been while traffic was dense: before, a pause of that traffic looks like a death.
    clock.advance(60_000);
    silence();
    again(0);
    clock.advance(600_000);
    expect(changes).toHaveLength(1);
    expect(monitor.state()).toMatchObject({ alive: true });
    // Only the first four, before it was known, are taken for lost.
    expect(monitor.state().loss).toBeLessThan(0.25);
    path.rttMs = null;
    clock.advance(1500);
    expect(changes).toHaveLength(2);
    cancel();
  });

  test('what was asked of a dead path is not loss of the one that came back', () => {
    const { clock, path, monitor, talk } = rig();
    talk();
    clock.advance(3000);
    path.rttMs = null;
    clock.advance(5000);
    path.rttMs = 5;
    clock.advance(5000);
    expect(monitor.state()).toMatchObject({ alive: true, loss: 0 });
  });

  test('a path that came back is asked five times a second for a minute: its loss is known before it gets traffic', () => {
    const { clock, path } = rig();
    path.rttMs = null;
    clock.advance(20_000);
    path.rttMs = 5;
    clock.advance(2000);
    const { probes } = path;
    clock.advance(30_000);
    expect(path.probes - probes).toBeGreaterThanOrEqual(149);
    clock.advance(40_000);
    const settled = path.probes;
    clock.advance(100_000);
    expect(path.probes - settled).toBe(10);
  });

  test.each([0.02, 0.05, 0.1])('twenty minutes of one-way upload with a share of %d lost each way: never condemned', (loss) => {
    const { clock, path, changes, upload } = rig();
    let seed = 42;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    path.losing = () => random() < 1 - (1 - loss) ** 2;
    upload();
    clock.advance(1_200_000);
    expect(changes).toHaveLength(1);
  });

  test('a device that is gone is watched by heartbeats again', () => {
    const { clock, path, changes, monitor } = rig();
    monitor.sample(null, 0);
    path.rttMs = null;
    clock.advance(IDLE_MS + 1000);
    expect(changes.at(-1)?.alive).toBe(false);
  });
});
