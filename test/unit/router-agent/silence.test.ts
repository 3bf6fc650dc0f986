import { describe, expect, test } from 'vitest';
import type { Tunnel } from '../../../router-agent/config.ts';
import { whySilent } from '../../../router-agent/drivers/wireguard-silence.ts';
import { createProblems } from '../../../router-agent/problems.ts';
import { watchSilence } from '../../../router-agent/silence.ts';
import { fakeClock } from './fake-clock.ts';
import { fakeOs } from './fake-os.ts';
import { wgDump } from './wg-dump.ts';

const TUNNEL: Tunnel = { server: 'b', driver: 'wireguard', device: 'wg1', heartbeat: '10.9.2.1', table: 202, mark: 2 };

describe('a tunnel that never answered', () => {
  function watched(diagnosis: string | null) {
    const clock = fakeClock();
    const problems = createProblems(() => undefined);
    const path = { alive: false, rttMs: null, loss: 1, heardAt: null as number | null, trouble: null };
    const review = watchSilence({ tunnels: [TUNNEL], diagnose: async () => diagnosis, pathOf: () => path, problems, clock });
    return { clock, problems, path, review };
  }

  test('is a problem after a while, with what its driver knows, until it answers', async () => {
    const { clock, problems, path, review } = watched('no handshake');
    await review();
    expect(problems.list()).toEqual([]);
    clock.advance(6000);
    await review();
    expect(problems.list()).toEqual([
      { kind: 'silent-b', message: expect.stringMatching(/^b has never answered .*could not take over: no handshake$/) },
    ]);
    path.heardAt = clock.now();
    await review();
    expect(problems.list()).toEqual([]);
  });

  test('says what to look at where the driver finds nothing wrong', async () => {
    const { clock, problems, review } = watched(null);
    clock.advance(6000);
    await review();
    expect(problems.list()[0]?.message).toMatch(/nothing answers at 10\.9\.2\.1 through wg1/);
  });

  test('one that answered before is not meant: it is dead, and the judge knows', async () => {
    const { clock, problems, path, review } = watched('no handshake');
    path.heardAt = 1;
    clock.advance(60_000);
    await review();
    expect(problems.list()).toEqual([]);
  });
});

describe('why a WireGuard device is silent', () => {
  const why = (dump: Parameters<typeof wgDump>[0]) =>
    whySilent(
      'wg1',
      fakeOs((line) => (line === 'wg show wg1 dump' ? { stdout: wgDump({ publicKey: 'OWNKEY', ...dump }) } : { code: 1 })),
    );

  test.each([
    ['no handshake yet', {}, /no handshake with 198\.51\.100\.7:51820: either a key is wrong.*OWNKEY.*or nothing listens/],
    ['an unresolved name', { peers: [{ endpoint: '(none)' }] }, /DNS/],
    ['no peer', { peers: [] }, /no peer/],
  ])('%s', async (_, dump, reason) => expect(await why(dump)).toMatch(reason));

  test('a handshake: keys and endpoint are right', async () => expect(await why({ peers: [{ handshake: '1764100000' }] })).toBeNull());
});
