import { expect, test } from 'vitest';
import { readDevice } from '../../../router-agent/drivers/link.ts';
import type { RunResult } from '../../../router-agent/runner.ts';
import { fakeOs } from './fake-os.ts';

const LIST = 'ip -j -d addr show';
const OURS = { ifname: 'wg0', flags: ['UP'], mtu: 1420, ifalias: 'farwatch', addr_info: [{ local: '10.9.1.2', prefixlen: 24 }] };
const FOUND = { up: true, mtu: 1420, alias: 'farwatch', addresses: ['10.9.1.2/24'] };

const machine = (list: Partial<RunResult>, one: Partial<RunResult>) =>
  fakeOs((line) => (line === LIST ? list : line === `${LIST} dev wg0` ? one : { code: 2 }));

test('a device is found in the list of all, whatever is said of others', async () => {
  const os = machine({ stdout: JSON.stringify([{}, { ifname: 'odd0' }, OURS]) }, { code: 1 });
  expect(await readDevice(os, 'wg0')).toEqual(FOUND);
});

test.each([
  ['is no JSON', { stdout: '[{"ifname":"odd0","ifalias":"\u001b[1m"}]' }],
  ['was interrupted', { code: 124 }],
  ['lacks it', { stdout: '[]' }],
])('where the list %s, the device itself is asked for', async (_, list) => {
  expect(await readDevice(machine(list, { stdout: JSON.stringify([OURS]) }), 'wg0')).toEqual(FOUND);
  expect(await readDevice(machine(list, { code: 1 }), 'wg0')).toBeNull();
});
