import { fail, succeed } from '../outcome.ts';
import type { TunnelDriver } from './driver.ts';
import { readDevice } from './link.ts';

/** Somebody else keeps the tunnel; we only use its device. */
export const existing: TunnelDriver = {
  async up(tunnel, os) {
    const device = tunnel.device ?? '';
    const link = await readDevice(os, device);
    if (link === null) return fail(`device ${device} does not exist; bring the tunnel up, or correct \`device\``);
    if (!link.up) return fail(`device ${device} is down; bring it up: ip link set ${device} up`);
    return succeed(null);
  },
  down: async () => succeed(null),
  tools: [],
  check: () => [],
};
