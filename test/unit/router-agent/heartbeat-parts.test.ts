import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { parseHeartbeat } from '../../../router-agent/heartbeat/address.ts';
import { openCounters, parseCounters } from '../../../router-agent/heartbeat/counters.ts';
import { cautiousLossOf, EMPTY_WINDOW, lossOf, missesToCondemn, recordProbe } from '../../../router-agent/heartbeat/loss.ts';
import { heartbeatDue, type PaceInput, pauseMs } from '../../../router-agent/heartbeat/pace.ts';
import { learnFromDeath, patienceMs, rememberScare } from '../../../router-agent/heartbeat/patience.ts';
import type { ProbeAnswer } from '../../../router-agent/heartbeat/prober.ts';
import { BLIND_FLOOR_MS, deadlineMs, observeRtt, type Rtt, WATCHED_FLOOR_MS } from '../../../router-agent/heartbeat/rtt.ts';
import { tcpProber } from '../../../router-agent/heartbeat/tcp.ts';

describe('round-trip times', () => {
  test('follow RFC 6298', () => {
    const first = observeRtt(null, 100);
    expect(first).toEqual({ srttMs: 100, rttvarMs: 50 });
    expect(observeRtt(first, 200)).toEqual({ srttMs: 112.5, rttvarMs: 62.5 });
  });

  test.each<[string, Rtt | null, number, number]>([
    ['nothing known: patient', null, WATCHED_FLOOR_MS, 600],
    ['a quiet path: the floor', { srttMs: 1, rttvarMs: 0.1 }, WATCHED_FLOOR_MS, 30],
    ['a quiet path that nobody watches: a higher floor', { srttMs: 1, rttvarMs: 0.1 }, BLIND_FLOOR_MS, 60],
    ['a jittery path: srtt + 4·rttvar', { srttMs: 40, rttvarMs: 10 }, WATCHED_FLOOR_MS, 80],
    ['a starved start: the cap', { srttMs: 900, rttvarMs: 450 }, WATCHED_FLOOR_MS, 900],
  ])('deadline: %s', (_, rtt, floor, expected) => expect(deadlineMs(rtt, floor)).toBe(expected));
});

describe('loss', () => {
  const windowOf = (probes: number, lostEach: number) =>
    Array.from({ length: probes }, (_, index) => index).reduce((state, index) => recordProbe(state, index % lostEach !== 0), EMPTY_WINDOW);

  test('is the share of the last hundred', () => {
    expect(lossOf(windowOf(200, 10))).toBe(0.1);
    expect(windowOf(200, 10).answered).toHaveLength(100);
    expect(lossOf(EMPTY_WINDOW)).toBe(0);
  });

  test('a few good probes prove no line clean, a hundred do', () => {
    expect(cautiousLossOf(EMPTY_WINDOW)).toBe(0.04);
    expect(cautiousLossOf(windowOf(100, 1000))).toBeLessThan(0.02);
  });

  const bothWays = (loss: number) => 1 - (1 - loss) ** 2;
  test.each([
    [0, 3],
    [0.01, 3],
    [0.05, 5],
    [0.1, 8],
    [0.9, 16],
  ])('with a share of %d lost each way, %d probes more must miss', (loss, probes) =>
    expect(missesToCondemn(3, bothWays(loss))).toBe(probes),
  );

  test('`misses` is the least', () => expect(missesToCondemn(7, 0)).toBe(7));
});

describe('patience', () => {
  test('a silence that was harmless once must be exceeded by half, and is slowly forgotten', () => {
    const scare = rememberScare(null, 200, 1000);
    expect(patienceMs(null, null, false, 1000)).toBe(0);
    expect(patienceMs(scare, null, false, 1000)).toBe(300);
    expect(patienceMs(scare, null, false, 1000 + 300_000)).toBe(150);
    expect(patienceMs(rememberScare(scare, 50, 1000), null, false, 1000)).toBe(300);
  });

  test('traffic that has just grown is given the time of a full buffer; nothing is given more than a second', () => {
    expect(patienceMs(null, null, true, 0)).toBe(600);
    expect(patienceMs(rememberScare(null, 5000, 0), null, true, 0)).toBe(1000);
  });
});

describe('a silence of a path that was condemned', () => {
  test('is learned from when it ends so soon that it was no death', () => {
    expect(patienceMs(learnFromDeath(null, 400, 0), null, false, 0)).toBe(600);
    expect(learnFromDeath(null, 1500, 0)).toBeNull();
  });
});

describe('the pace of heartbeats', () => {
  const WELL: PaceInput = {
    now: 100_000,
    sentAt: 99_000,
    alive: true,
    since: 0,
    revivedAt: null,
    loss: 0.05,
    answers: 100,
    clean: 100,
    watched: true,
    idleIntervalMs: 10_000,
  };
  test.each<[string, Partial<PaceInput>, boolean]>([
    ['well and watched: not yet', {}, false],
    ['well and watched: after ten seconds', { sentAt: 90_000 }, true],
    ['not watched: each time', { watched: false }, true],
    ['back for half a minute: each time', { revivedAt: 70_000 }, true],
    ['back for a minute: not yet', { revivedAt: 40_000 }, false],
    ['lossy: each second', { loss: 0.06 }, true],
    ['lossy: not each time', { loss: 0.06, sentAt: 99_200 }, false],
    ['never asked', { sentAt: null }, true],
    ['nothing known yet', { alive: null }, true],
    ['too few answers for a deadline', { answers: 7 }, true],
    ['dead for a moment', { alive: false, since: 50_000, clean: 0, sentAt: 99_800 }, true],
    ['dead for long', { alive: false, since: 0, clean: 0, sentAt: 99_800 }, false],
    ['dead for long, not much later', { alive: false, since: 0, clean: 0, sentAt: 99_500 }, false],
    ['dead for long, before another can have five answers in a row', { alive: false, since: 0, clean: 0, sentAt: 99_400 }, true],
    ['dead for long and answering', { alive: false, since: 0, clean: 1, sentAt: 99_800 }, true],
  ])('%s', (_, over, due) => expect(heartbeatDue({ ...WELL, ...over })).toBe(due));

  test.each<[string, Partial<PaceInput>, number]>([
    ['well and watched: a second, for its loss may show', {}, 1000],
    ['well and watched: until the heartbeat', { sentAt: 90_400 }, 400],
    ['well and watched: never shorter than else', { sentAt: 90_050 }, 200],
    ['overdue', { sentAt: 80_000 }, 200],
    ['lossy', { loss: 0.06 }, 1000],
    ['not watched', { watched: false }, 200],
    ['just back', { revivedAt: 70_000 }, 200],
    ['never asked', { sentAt: null }, 200],
    ['nothing known yet', { alive: null }, 200],
    ['too few answers for a deadline', { answers: 7 }, 200],
    ['dead', { alive: false }, 200],
  ])('the pause before it is thought of again, %s', (_, over, ms) => expect(pauseMs({ ...WELL, ...over }, 200)).toBe(ms));
});

describe('counters', () => {
  const TEXT = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:  100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0',
    '  wg-a:123456789 10 0 0 0 0 0 0 987654321 20 0 0 0 0 0 0',
  ].join('\n');

  test('are read by name; what is not asked for is left out', () => {
    expect([...parseCounters(TEXT, ['wg-a', 'wg-b'])]).toEqual([['wg-a', { rx: 123_456_789, tx: 987_654_321 }]]);
  });

  test("the kernel's own list", () => {
    const reader = openCounters(['lo']);
    expect(reader.read()?.get('lo')?.rx).toBeGreaterThanOrEqual(0);
    expect(reader.read()?.size).toBe(1);
    reader.close();
    expect(openCounters(['lo'], '/nowhere').read()).toBeNull();
  });
});

describe('heartbeat addresses', () => {
  test.each([
    ['10.9.0.1', { host: '10.9.0.1', port: 7 }],
    ['10.9.0.1:65500', { host: '10.9.0.1', port: 65_500 }],
    ['fd00::1', { host: 'fd00::1', port: 7 }],
    ['[fd00::1]:22', { host: 'fd00::1', port: 22 }],
    ['vps.example.net', null],
    ['10.9.0', null],
    ['10.9.0.1:0', null],
    ['10.9.0.1:65536', null],
    ['[10.9.0.1:7', null],
    ['', null],
  ])('%s', (text, expected) => expect(parseHeartbeat(text)).toEqual(expected));
});

describe('the TCP prober', () => {
  const ask = (port: number, source: string | null | undefined) =>
    new Promise<ProbeAnswer>((resolve) => void tcpProber({ host: '127.0.0.1', port }, () => source)(resolve));

  test('an accepted and a refused connection are both life', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await ask(port, undefined)).toEqual({ ok: true });
    expect(await ask(port, '127.0.0.1')).toEqual({ ok: true });
    await new Promise((resolve) => server.close(resolve));
    expect(await ask(port, undefined)).toEqual({ ok: true });
  });

  test('a tunnel without an address sends nothing: another way would prove nothing', async () => {
    expect(await ask(7, null)).toEqual({ ok: false, reason: 'the tunnel has no address' });
  });

  test('an address that is not ours is a failure, not life', async () => {
    expect(await ask(7, '192.0.2.77')).toEqual({ ok: false, reason: 'EADDRNOTAVAIL' });
  });
});
