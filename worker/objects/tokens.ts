/** `fws` opens a site for its agent, `fwv` a server for its own resignation. */
export type TokenKind = 'fws' | 'fwv';

const TOKEN_PATTERN = /^(fws|fwv)_([a-z0-9][a-z0-9-]{0,31})_([A-Za-z0-9_-]{43})$/;

const SECRET_BYTES = 32;

/** A fresh token: `<kind>_<owner>_<43 characters>`, the last part 256 random bits. The owner in it routes a request without a look-up. */
export function mintToken(kind: TokenKind, owner: string): string {
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `${kind}_${owner}_${base64url(secret)}`;
}

/** Whose token this claims to be; null when it does not have the form of one. Says nothing about its validity. */
export function readToken(token: string): { kind: TokenKind; owner: string } | null {
  const [, kind, owner] = TOKEN_PATTERN.exec(token) ?? [];
  if (kind === undefined || owner === undefined) return null;
  return { kind: kind === 'fws' ? 'fws' : 'fwv', owner };
}

/** SHA-256 of the whole token, in hex: what is stored. A plain hash is enough for 256 random bits; there is nothing to guess. */
export async function hashToken(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether two hashes of `hashToken` are equal, in a time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** Compares two secrets of any length in a time that tells nothing of either: by their hashes. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const [hashA, hashB] = await Promise.all([hashToken(a), hashToken(b)]);
  return sameHash(hashA, hashB);
}

/** A short public name for a token: enough to tell the two of one owner apart and to revoke one. */
export function mintTokenId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
