import type { Os } from '../runner.ts';

/**
 * Why a WireGuard device hears nothing, by what `wg` knows. WireGuard never answers a stranger, so a wrong key and an unreachable VPS look the
 * same from here: the sentence names both, with what to compare. Null: it has had a handshake, so keys and endpoint are right.
 */
export async function whySilent(device: string, os: Os): Promise<string | null> {
  const [handshakes, endpoints, own] = await Promise.all(
    ['latest-handshakes', 'endpoints', 'public-key'].map(async (what) => (await os.query(['wg', 'show', device, what])).stdout.trim()),
  );
  const times = column(handshakes);
  if (times.length === 0) return `${device} has no peer`;
  if (times.some((time) => Number(time) > 0)) return null;
  const [endpoint] = column(endpoints);
  if (endpoint === undefined || endpoint === '(none)')
    return `${device} knows no endpoint; is the name in Endpoint right, and does DNS work?`;
  return `no handshake with ${endpoint}: either a key is wrong (PublicKey must be the VPS's, and the VPS must have a [Peer] with this router's ${own}), or nothing listens there (address, port, firewall)`;
}

/** The second field of each line; the first is the peer's key. */
function column(text = ''): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[1] ?? '');
}
