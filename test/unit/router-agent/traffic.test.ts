import { describe, expect, test } from 'vitest';
import { type TrafficNews, watchTraffic } from '../../../router-agent/heartbeat/traffic.ts';

/** A tunnel that is sampled each 15 ms; `step` says what moved since the sample before. */
function rig() {
  const watch = watchTraffic();
  let now = 0;
  const counters = { tx: 1000, rx: 1000 };
  const step = (sent: number, received: number, { own = false, lateMs = 0 } = {}): TrafficNews => {
    now += 15 + lateMs;
    counters.tx += sent;
    counters.rx += received;
    return watch.sample({ now, counters: { ...counters }, lateMs, deadlineMs: 30, own });
  };
  const doubts = (count: number, sent: number, received = 0) => Array.from({ length: count }, () => step(sent, received).doubt);
  step(0, 0);
  return { step, doubts, counters };
}

describe('traffic', () => {
  test('any packet is life', () => {
    expect(rig().step(0, 60)).toMatchObject({ heard: true, active: true, doubt: null });
  });

  test('sent and nothing received for one deadline is a doubt, until something comes', () => {
    const { doubts, step } = rig();
    expect(doubts(4, 100)).toEqual([null, 'unanswered', 'unanswered', 'unanswered']);
    expect(step(100, 60).doubt).toBeNull();
  });

  test('one packet without an answer is enough', () => {
    const { step, doubts } = rig();
    step(100, 0);
    expect(doubts(2, 0)).toEqual(['unanswered', 'unanswered']);
  });

  test('silence of an idle line is none', () => {
    expect(rig().doubts(100, 0)).not.toContain('unanswered');
  });

  test('a download that stops is a doubt, until somebody has asked', () => {
    const { doubts, step } = rig();
    step(60, 1500);
    expect(doubts(3, 0)).toEqual([null, 'stopped', 'stopped']);
    step(60, 0, { own: true });
    step(0, 40, { own: true });
    expect(doubts(10, 0)).toEqual(Array(10).fill(null));
  });

  test('what stopped is asked about once, also when the answer comes within the sample of its question', () => {
    const { step, doubts } = rig();
    step(0, 2000);
    expect(doubts(2, 0)).toEqual([null, 'stopped']);
    step(60, 40, { own: true });
    expect(doubts(20, 0)).toEqual(Array(20).fill(null));
  });

  test('the answer to our own question is no stream', () => {
    const { step, doubts } = rig();
    step(60, 40, { own: true });
    expect(doubts(10, 0)).toEqual(Array(10).fill(null));
  });

  test('our own questions and answers are nobody being active', () => {
    const { step } = rig();
    expect(step(60, 0, { own: true }).active).toBe(false);
    expect(step(0, 40, { own: true })).toMatchObject({ heard: true, active: false });
    expect(step(1500, 40, { own: true }).active).toBe(true);
    expect(step(60, 0).active).toBe(true);
  });

  test('time in which we did not look is not counted', () => {
    const { step } = rig();
    expect(step(100, 0).doubt).toBeNull();
    expect(step(100, 0, { lateMs: 500 }).doubt).toBe('unanswered');
    const other = rig();
    expect(other.step(100, 0, { lateMs: 500 }).doubt).toBeNull();
    expect(other.step(0, 0, { lateMs: 500 }).doubt).toBe('unanswered');
  });

  test('what came in while we did not look was life all the same', () => {
    const { step } = rig();
    step(100, 0);
    expect(step(100, 60, { lateMs: 500 })).toMatchObject({ heard: true, doubt: null });
  });

  test('far more than usual into a silence is a surge; the usual is none', () => {
    const steady = rig();
    for (let index = 0; index < 200; index++) steady.step(40_000, 1000);
    expect([steady.step(40_000, 0), steady.step(40_000, 0), steady.step(40_000, 0)].some(({ surge }) => surge)).toBe(false);
    const flood = rig();
    for (let index = 0; index < 200; index++) flood.step(500, 500);
    expect(flood.step(1_000_000, 0).surge).toBe(true);
  });

  test('a device that was made anew starts anew', () => {
    const { step, counters } = rig();
    step(100, 0);
    counters.tx = 0;
    counters.rx = 0;
    expect(step(0, 0)).toEqual({ heard: false, active: false, doubt: null, surge: false });
  });
});
