import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { parseHeartbeat } from '../../../router-agent/heartbeat/address.ts';
import type { ProbeAnswer } from '../../../router-agent/heartbeat/prober.ts';
import { deadlineMs, observeRtt, type Rtt } from '../../../router-agent/heartbeat/rtt.ts';
import { burstSize, EMPTY_WINDOW, lossOf, recordHeartbeat } from '../../../router-agent/heartbeat/suspicion.ts';
import { tcpProber } from '../../../router-agent/heartbeat/tcp.ts';

describe('round-trip times', () => {
  test('follow RFC 6298', () => {
    const first = observeRtt(null, 100);
    expect(first).toEqual({ srttMs: 100, rttvarMs: 50 });
    expect(observeRtt(first, 200)).toEqual({ srttMs: 112.5, rttvarMs: 62.5 });
  });

  test.each<[string, Rtt | null, number]>([
    ['nothing known: patient', null, 600],
    ['a quiet path: the floor', { srttMs: 1, rttvarMs: 0.1 }, 60],
    ['a jittery path: srtt + 4·rttvar', { srttMs: 40, rttvarMs: 10 }, 80],
    ['a starved start: the cap', { srttMs: 900, rttvarMs: 450 }, 900],
  ])('deadline: %s', (_, rtt, expected) => expect(deadlineMs(rtt)).toBe(expected));
});

describe('suspicion', () => {
  test('loss is the share of the last hundred', () => {
    const window = Array.from({ length: 200 }, (_, index) => index).reduce(
      (state, index) => recordHeartbeat(state, index < 100 || index % 10 !== 0),
      EMPTY_WINDOW,
    );
    expect(lossOf(window)).toBe(0.1);
    expect(window.answered).toHaveLength(100);
    expect(lossOf(EMPTY_WINDOW)).toBe(0);
  });

  test.each([
    [0, 3],
    [0.01, 3],
    [0.05, 6],
    [0.1, 8],
  ])('at a loss of %d the burst has %d probes', (loss, probes) => expect(burstSize(3, loss)).toBe(probes));
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
