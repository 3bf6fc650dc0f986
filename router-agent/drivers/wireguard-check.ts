import type { WireguardFile } from './wireguard-file.ts';

/** A Curve25519 key: 32 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** What would keep a tunnel of this file from carrying traffic, though the file can be read. */
export function checkWireguardFile(path: string, file: WireguardFile): string[] {
  const problems = file.ignored.map(
    (key) => `${path}: ${key} is not run by the agent; if it matters, use driver = "existing" with wg-quick`,
  );
  if (!KEY.test(file.privateKey))
    problems.push(`${path}: PrivateKey is not a key (44 characters of base64); right: one that \`wg genkey\` made`);
  for (const peer of file.peers) {
    if (!KEY.test(peer.publicKey))
      problems.push(`${path}: PublicKey "${peer.publicKey}" is not a key; right: what \`wg pubkey\` says on the VPS`);
    if (peer.endpoint === null)
      problems.push(`${path}: the [Peer] has no Endpoint, so the router cannot begin; right: Endpoint = VPS-ADDRESS:51820`);
  }
  if (!file.peers.some(({ allowedIps }) => allowedIps.includes('0.0.0.0/0') || coversAll(allowedIps)))
    problems.push(
      `${path}: AllowedIPs do not carry 0.0.0.0/0, so traffic for the internet would be dropped; right: AllowedIPs = 0.0.0.0/0, ::/0`,
    );
  return problems;
}

/** Some write the whole internet as two halves, so that the default route of `main` is left alone. */
function coversAll(allowedIps: readonly string[]): boolean {
  return allowedIps.includes('0.0.0.0/1') && allowedIps.includes('128.0.0.0/1');
}
