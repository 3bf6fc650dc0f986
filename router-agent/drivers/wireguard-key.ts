import { createPrivateKey, createPublicKey } from 'node:crypto';

/** What stands before the 32 bytes of an X25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
const KEY_BYTES = 32;

/** What `wg pubkey` says of a private key; null: it is not a key. */
export function publicKeyOf(privateKey: string): string | null {
  const bytes = Buffer.from(privateKey, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== privateKey) return null;
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, bytes]), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES).toString('base64');
}
