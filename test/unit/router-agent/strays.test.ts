import { expect, test } from 'vitest';
import { removeStrays } from '../../../router-agent/drivers/strays.ts';
import { fakeOs } from './fake-os.ts';

const RUN = '/var/run/farwatch';

function machine() {
  const os = fakeOs((line) => {
    if (line.startsWith('pgrep')) return { stdout: '10\n11\n12' };
    if (line !== 'ip -j -d link show') return undefined;
    const links = [['lo'], ['wg0', 'farwatch'], ['wg1', 'farwatch'], ['wg2', 'mine'], ['farwatch0', 'farwatch']].map(
      ([ifname, ifalias]) => ({ ifname, ifalias }),
    );
    return { stdout: JSON.stringify(links) };
  });
  for (const [pid, device] of Object.entries({ 10: 'tun0', 11: 'tun1' }))
    os.files[`/proc/${pid}/cmdline`] = ['openvpn', '--dev', device, '--writepid', `${RUN}/openvpn-${device}.pid`, '--daemon', ''].join(
      '\0',
    );
  // Somebody who only speaks of it.
  os.files['/proc/12/cmdline'] = ['vi', `notes on openvpn --writepid ${RUN}/openvpn-`].join('\0');
  return os;
}

test('tunnels of ours that no configuration names are removed, and nothing else', async () => {
  const os = machine();
  const done = await removeStrays(['tun0', 'wg0'], os);
  expect(os.changes).toEqual(['kill -TERM 11', `rm -f ${RUN}/openvpn-tun1.pid ${RUN}/openvpn-tun1.log`, 'ip link del dev wg1']);
  expect(done).toEqual([expect.stringContaining('tun1'), expect.stringContaining('wg1')]);
});

test('with all named, nothing is done', async () => {
  const os = machine();
  expect(await removeStrays(['tun0', 'tun1', 'wg0', 'wg1'], os)).toEqual([]);
  expect(os.changes).toEqual([]);
});
