import { readFileSync } from 'node:fs';
import { RUN_DIR } from '../../router-agent/own.ts';
import { run, waitFor } from './processes.ts';

/** The processes of the router's OpenVPN clients on a device, by what the agent puts on their command line. */
export async function openvpnOn(device: string): Promise<number[]> {
  // `pgrep` says by exit code 1 that there is none.
  const text = await run(['sh', '-c', `pgrep -f 'openvpn .*--writepid .*openvpn-${device}[.]pid' || true`]);
  return text.split('\n').filter(Boolean).map(Number);
}

/** Waits until exactly one runs, other than `not`, and as a daemon: the one that the agent starts forks it, and ends. */
export function oneOpenvpnOn(device: string, not?: number): Promise<number> {
  return waitFor(`one OpenVPN on ${device}`, async () => {
    const pids = await openvpnOn(device);
    const [pid] = pids;
    return pids.length === 1 && pid !== not && pid === daemonOn(device) ? pid : null;
  });
}

/** The process that OpenVPN wrote down, which it does as a daemon only; null: none yet. */
function daemonOn(device: string): number | null {
  try {
    return Number(readFileSync(`${RUN_DIR}/openvpn-${device}.pid`, 'utf8'));
  } catch {
    return null; // Not written yet.
  }
}
