import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../router-agent/config.ts';
import { kernelDataPlane } from '../../../router-agent/dataplane/kernel.ts';
import { existing } from '../../../router-agent/drivers/existing.ts';
import type { Carry } from '../../../router-agent/life.ts';
import { createLog } from '../../../router-agent/log.ts';
import { fakeClock } from './fake-clock.ts';
import { fakeOs } from './fake-os.ts';

const FILE = `
edge = "http://127.0.0.1"
site = "home"
token_file = "token"
lan = ["br-lan"]
${['a', 'b'].map((server, index) => `[[tunnel]]\nserver = "${server}"\ndriver = "existing"\ndevice = "tun${server}"\nheartbeat = "10.9.${index + 1}.1"\n`).join('')}`;

const LINKS = ['a', 'b'].map((server, index) => ({
  ifname: `tun${server}`,
  flags: ['UP'],
  mtu: 1420,
  addr_info: [{ family: 'inet', local: `10.9.${index + 1}.2`, prefixlen: 24, scope: 'global' }],
}));

/** A kernel that says what is asked of it, and from `hold` to `free` does not answer the question that holds `slow`. */
function scene(slow: string) {
  const os = fakeOs((line) => (line.startsWith('ip -j') && line.includes('addr show') ? { stdout: JSON.stringify(LINKS) } : undefined));
  const answer = os.query;
  let held: Promise<void> = Promise.resolve();
  let asked: () => void = () => undefined;
  os.query = async (argv, options) => {
    if (argv.join(' ').includes(slow)) {
      asked();
      await held;
    }
    return answer(argv, options);
  };
  const parsed = parseConfig(FILE, '/etc/farwatch');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  const plane = kernelDataPlane({
    config: parsed.config,
    os,
    clock: fakeClock(),
    log: createLog('error', { journald: false, write: () => undefined }),
    driverOf: () => existing,
    remember: () => undefined,
    session: false,
  });
  return {
    os,
    plane,
    /** `isAsked`: the slow question was put. */
    hold() {
      const gate = Promise.withResolvers<void>();
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      held = gate.promise;
      return { free: gate.resolve, isAsked };
    },
  };
}

const on = (server: 'a' | 'b', dead: string[] = []): Carry => ({
  weights: { a: server === 'a' ? 100 : 0, b: server === 'b' ? 100 : 0 },
  live: { a: server, b: server },
  dead,
});

describe('a cut during a repair', () => {
  test.each([['ip -j -4 rule show'], ['nft -j list'], ['ip -j -d addr show']])('waits for no program that only looks: %s', async (slow) => {
    const { os, plane, hold } = scene(slow);
    await plane.start();
    await plane.apply(on('a'));
    const { free, isAsked } = hold();
    const repair = plane.reconcile();
    await isAsked;
    expect(await plane.apply(on('b', ['a']))).toEqual({ ok: true, value: null });
    const after = os.changes.length;
    free();
    expect(await repair).toEqual({ ok: true, value: null });
    // What was seen before the cut is no basis for a repair after it.
    if (/rule|nft/.test(slow)) expect(os.changes.length).toBe(after);
  });

  test('repairs that are asked for meanwhile are one', async () => {
    const { os, plane, hold } = scene('ip -j -4 rule show');
    await plane.start();
    await plane.apply(on('a'));
    const { free, isAsked } = hold();
    const first = plane.reconcile();
    await isAsked;
    const [second, third] = [plane.reconcile(), plane.reconcile()];
    expect(second).toBe(third);
    free();
    expect(await Promise.all([first, second])).toEqual([
      { ok: true, value: null },
      { ok: true, value: null },
    ]);
    expect(os.changes.length).toBeGreaterThan(0);
  });
});
