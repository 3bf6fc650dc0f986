import type { Os } from '../runner.ts';
import { readWireguard } from './wireguard-state.ts';

/**
 * Why a WireGuard device hears nothing, by what `wg` knows. WireGuard never answers a stranger, so a wrong key and an unreachable VPS look the
 * same from here: the sentence names both, with what to compare. Null: it has had a handshake, so keys and endpoint are right.
 */
export async function whySilent(device: string, os: Os): Promise<string | null> {
  const state = await readWireguard(os, device);
  const [peer] = state?.peers ?? [];
  if (state === null || peer === undefined) return `${device} has no peer`;
  if (state.peers.some(({ handshakeS }) => handshakeS > 0)) return null;
  if (peer.endpoint === null) return `${device} knows no endpoint; is the name in Endpoint right, and does DNS work?`;
  return `no handshake with ${peer.endpoint}: either a key is wrong (PublicKey must be the VPS's, and the VPS must have a [Peer] with this router's ${state.publicKey ?? 'key, which it lacks'}), or nothing listens there (address, port, firewall)`;
}
