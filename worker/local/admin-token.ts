import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartFailure } from './failure.ts';
import { errorCode } from './processes.ts';

/** Shorter ones can be guessed. */
const MIN_LENGTH = 16;

/** The administrator's token from its file; a new one (256 random bits, mode 0600) when there is no file. */
export function adminToken(file: string): { token: string; created: boolean } {
  const text = readIfThere(file);
  if (text !== null) {
    const token = text.trim();
    if (/^\S+$/.test(token) && token.length >= MIN_LENGTH) return { token, created: false };
    throw new StartFailure(`${file} must hold one token of at least ${MIN_LENGTH} characters, without spaces. Delete it to get a new one.`);
  }
  const token = `fwa_${randomBytes(32).toString('base64url')}`;
  writeSecret(file, token);
  return { token, created: true };
}

/** Writes a secret that only its owner may read. Throws StartFailure when the place cannot be written to. */
export function writeSecret(file: string, secret: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new StartFailure(`cannot write ${file}: ${String(cause)}`, { cause });
  }
}

/** The text of a file, or null when it is not there. Throws StartFailure when it cannot be read. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new StartFailure(`cannot read ${file}: ${String(cause)}`, { cause });
  }
}
