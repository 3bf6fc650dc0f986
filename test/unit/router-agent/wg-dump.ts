interface Dump {
  publicKey?: string;
  mark?: string;
  peers?: { key?: string; endpoint?: string; allowedIps?: string; handshake?: string }[];
}

/** What `wg show DEVICE dump` prints (wg(8)). */
export function wgDump({ publicKey = 'T1dO', mark = 'off', peers = [{}] }: Dump): string {
  const own = ['cHJpdmF0ZQ==', publicKey, '51820', mark];
  const lines = peers.map(({ key = 'cGVlcg==', endpoint = '198.51.100.7:51820', allowedIps = '0.0.0.0/0', handshake = '0' }) => [
    ...[key, '(none)', endpoint, allowedIps, handshake, '148', '92', 'off'],
  ]);
  return [own, ...lines].map((fields) => `${fields.join('\t')}\n`).join('');
}
