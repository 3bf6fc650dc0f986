import type { Os } from '../runner.ts';

/** What a WireGuard device does now. */
export interface WireguardState {
  /** Null: it has no key yet. */
  publicKey: string | null;
  /** Of its own packets; 0: none. */
  mark: number;
  peers: WireguardPeer[];
}

export interface WireguardPeer {
  publicKey: string;
  /** `address:port`; null: not known. */
  endpoint: string | null;
  /** `address/prefix`, sorted. */
  allowedIps: string[];
  /** Of the last handshake, seconds since 1970; 0: there was none. */
  handshakeS: number;
}

const OWN_FIELDS = 4;

/** One program tells all that is asked of a device (wg(8), `dump`); null: there is no such device, or it is no WireGuard. */
export async function readWireguard(os: Os, device: string): Promise<WireguardState | null> {
  const { code, stdout } = await os.query(['wg', 'show', device, 'dump']);
  if (code !== 0) return null;
  const [own = [], ...peers] = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').map((field) => (field === '(none)' ? '' : field)));
  // A key that is not told is another thing than no key: a device without one may be taken for half-made.
  if (own.length < OWN_FIELDS) return null;
  const [, publicKey = '', , mark = ''] = own;
  return { publicKey: publicKey || null, mark: mark === 'off' ? 0 : Number(mark), peers: peers.map(peerOf) };
}

function peerOf([publicKey = '', , endpoint = '', allowedIps = '', handshake = '']: string[]): WireguardPeer {
  return {
    publicKey,
    endpoint: endpoint || null,
    allowedIps: allowedIps.split(',').filter(Boolean).sort(),
    handshakeS: Number(handshake),
  };
}
