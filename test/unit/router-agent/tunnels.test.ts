import { expect, test } from 'vitest';
import type { Tunnel } from '../../../router-agent/config.ts';
import { createTunnels } from '../../../router-agent/dataplane/tunnels.ts';
import type { TunnelDriver } from '../../../router-agent/drivers/driver.ts';
import { createLog } from '../../../router-agent/log.ts';
import { fail, succeed } from '../../../router-agent/outcome.ts';
import { fakeClock } from './fake-clock.ts';
import { fakeOs } from './fake-os.ts';

const tunnel = (server: string): Tunnel => ({ server, driver: 'command', device: server, heartbeat: '10.9.1.1', table: 201, mark: 1 });
const log = createLog('error', { journald: false, write: () => undefined });

test('a tunnel whose program hangs delays nobody, and is not asked again while it hangs', async () => {
  const asked: string[] = [];
  let release: () => void = () => undefined;
  const driver: TunnelDriver = {
    up: ({ server }) => {
      asked.push(server);
      return server === 'slow' ? new Promise((resolve) => (release = () => resolve(fail('too late')))) : Promise.resolve(succeed(null));
    },
    down: async () => succeed(null),
    tools: () => [],
    check: async () => [],
    diagnose: async () => null,
  };
  const clock = fakeClock();
  const tunnels = createTunnels({
    tunnels: [tunnel('slow'), tunnel('quick')],
    os: fakeOs(() => undefined),
    clock,
    log,
    driverOf: () => driver,
  });
  for (let round = 0; round < 2; round++) {
    const done = tunnels.bringUp();
    clock.advance(5000);
    await done;
  }
  expect(asked).toEqual(['slow', 'quick', 'quick']);
  expect(tunnels.complaints()).toEqual([]);
  release();
  await tunnels.bringUp();
  expect(tunnels.complaints()).toEqual(['slow: too late']);
});
