import { describe, expect, test } from 'vitest';
import { createCouncil } from '../../../router-agent/heartbeat/council.ts';
import { type Monitor, RISE_ANSWERS, startMonitor } from '../../../router-agent/heartbeat/monitor.ts';
import type { ProbeAnswer } from '../../../router-agent/heartbeat/prober.ts';
import { fakeClock } from './fake-clock.ts';

const INTERVAL_MS = 200;
/** What one path alone may take: interval, two deadlines of 60 ms, three probes. */
const DETECTION_MS = INTERVAL_MS + 60 + 40 + 60;

/** `rttMs` null swallows everything; heartbeats begin at `phaseMs`. */
interface Path {
  rttMs: number | null;
  phaseMs: number;
}

function rig<Paths extends Record<string, Path>>(paths: Paths) {
  const clock = fakeClock();
  const delivered: { at: number; server: string; alive: boolean }[] = [];
  const members = new Map<string, Monitor>();
  const council = createCouncil(members, clock);
  for (const [server, route] of Object.entries(paths)) {
    clock.after(route.phaseMs, () => {
      const probe = (answer: (answer: ProbeAnswer) => void) =>
        route.rttMs === null ? () => undefined : clock.after(route.rttMs, () => answer({ ok: true }));
      const monitor = startMonitor({
        intervalMs: INTERVAL_MS,
        idleIntervalMs: INTERVAL_MS,
        misses: 3,
        clock,
        probe,
        onChange: (alive) => delivered.push({ at: clock.now(), server, alive }),
        onSuspect: () => council.suspected(server),
        onSettled: () => council.settled(server),
        onExhausted: council.exhausted,
        onHeard: council.heard,
        riseAnswers: () => (server === 'a' && [...members.values()].every((member) => member.state().alive === false) ? 1 : RISE_ANSWERS),
      });
      members.set(server, monitor);
    });
  }
  clock.advance(10_000);
  delivered.length = 0;
  return { clock, delivered, paths };
}

const path = (phaseMs: number): Path => ({ rttMs: 10, phaseMs });
const two = (phaseMs: number) => ({ a: path(0), b: path(phaseMs) });

describe('a path is dead when another answers, or when all are', () => {
  test('one dead path among two costs no time, whatever the phases', () => {
    for (let phaseMs = 0; phaseMs < INTERVAL_MS; phaseMs += 7) {
      const { clock, delivered, paths } = rig(two(phaseMs));
      paths.a.rttMs = null;
      clock.advance(DETECTION_MS);
      expect(delivered).toMatchObject([{ server: 'a', alive: false }]);
    }
  });

  test('when both fall silent at once, both are told in one turn, never one before the other', () => {
    for (let phaseMs = 0; phaseMs < INTERVAL_MS; phaseMs += 7) {
      const { clock, delivered, paths } = rig(two(phaseMs));
      clock.advance(phaseMs % 50);
      paths.a.rttMs = null;
      paths.b.rttMs = null;
      clock.advance(1000);
      expect(delivered.map(({ server }) => server).sort()).toEqual(['a', 'b']);
      expect(delivered[0]?.at).toBe(delivered[1]?.at);
    }
  });

  test('after that, the path where traffic waits is the first to live again', () => {
    for (let phaseMs = 0; phaseMs < INTERVAL_MS; phaseMs += 7) {
      const { clock, delivered, paths } = rig(two(phaseMs));
      paths.a.rttMs = null;
      paths.b.rttMs = null;
      clock.advance(3000);
      delivered.length = 0;
      paths.a.rttMs = 10;
      paths.b.rttMs = 10;
      clock.advance(3000);
      expect(delivered.map(({ server, alive }) => [server, alive])).toEqual([
        ['a', true],
        ['b', true],
      ]);
    }
  });

  test('when the uplink takes both and only the standby returns, the standby is delivered', () => {
    const { clock, delivered, paths } = rig(two(50));
    paths.a.rttMs = null;
    paths.b.rttMs = null;
    clock.advance(3000);
    delivered.length = 0;
    paths.b.rttMs = 10;
    clock.advance(3000);
    expect(delivered).toMatchObject([{ server: 'b', alive: true }]);
  });

  test('the second of two that die one after the other waits for the third', () => {
    const { clock, delivered, paths } = rig({ ...two(50), c: path(120) });
    paths.a.rttMs = null;
    clock.advance(1000);
    paths.b.rttMs = null;
    clock.advance(1000);
    expect(delivered).toMatchObject([
      { server: 'a', alive: false },
      { server: 'b', alive: false },
    ]);
  });

  test('a verdict that waits for another path is undone by any answer of its own', () => {
    const { clock, delivered, paths } = rig(two(50));
    paths.a.rttMs = null;
    paths.b.rttMs = 150;
    clock.advance(300);
    paths.a.rttMs = 10;
    clock.advance(5000);
    expect(delivered).toEqual([]);
  });

  test('an answer that comes late proves nothing: a starved machine is late everywhere', () => {
    const { clock, delivered, paths } = rig(two(50));
    paths.a.rttMs = null;
    paths.b.rttMs = 75;
    clock.advance(250);
    expect(delivered).toEqual([]);
    clock.advance(2000);
    expect(delivered.map(({ server }) => server)).toEqual(['a']);
  });

  test('a single path needs no second opinion', () => {
    const { clock, delivered, paths } = rig({ a: path(0) });
    paths.a.rttMs = null;
    clock.advance(DETECTION_MS);
    expect(delivered).toMatchObject([{ server: 'a', alive: false }]);
  });
});
