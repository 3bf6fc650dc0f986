import type { Tunnel } from '../config.ts';
import { fail, type Outcome, succeed } from '../outcome.ts';
import type { Os } from '../runner.ts';
import type { TunnelDriver } from './driver.ts';
import { readDevice } from './link.ts';

/** Somebody else keeps the tunnel; we only use its device. */
export const existing: TunnelDriver = {
  up: isThere,
  down: async () => succeed(null),
  tools: () => [],
  async check(tunnel, os) {
    const there = await isThere(tunnel, os);
    return there.ok ? [] : [there.reason];
  },
  diagnose: async () => null,
};

async function isThere({ device = '' }: Tunnel, os: Os): Promise<Outcome<null>> {
  const link = await readDevice(os, device);
  if (link === null) return fail(`device ${device} does not exist; bring the tunnel up, or correct \`device\``);
  if (!link.up) return fail(`device ${device} is down; bring it up: ip link set ${device} up`);
  if (link.addresses.length === 0)
    return fail(`device ${device} has no address, so nothing can leave by it; give it the tunnel's own address`);
  return succeed(null);
}
