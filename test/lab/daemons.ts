import { run, waitFor } from './processes.ts';

/** The processes of the router's OpenVPN clients on a device, by what the agent puts on their command line. */
export async function openvpnOn(device: string): Promise<number[]> {
  // `pgrep` says by exit code 1 that there is none.
  const text = await run(['sh', '-c', `pgrep -f 'openvpn .*--writepid .*openvpn-${device}[.]pid' || true`]);
  return text.split('\n').filter(Boolean).map(Number);
}

/** Waits until exactly one runs, other than `not`. */
export function oneOpenvpnOn(device: string, not?: number): Promise<number> {
  return waitFor(`one OpenVPN on ${device}`, async () => {
    const pids = await openvpnOn(device);
    return pids.length === 1 && pids[0] !== not ? pids[0] : null;
  });
}
