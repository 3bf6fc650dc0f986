import * as z from 'zod/mini';
import './english.ts';

/**
 * The form of every id in Farwatch (fleet file, agent file, wire): it is safe in a URL, a file name, an nft comment, and as the key of a record: of
 * what every object of JavaScript inherits, `constructor` alone has the form of an id.
 */
export const ID_PATTERN = /^(?!constructor$)[a-z0-9][a-z0-9-]{0,31}$/;

export const idSchema = z
  .string()
  .check(z.regex(ID_PATTERN, 'an id is 1–32 characters of a–z, 0–9 and "-", does not start with "-", and is not "constructor"'));

/** Whether a record may have it as a key: under a name that every object inherits it would find what all others come from. */
export function mayBeKey(name: string): boolean {
  return !(name in Object.prototype);
}

/** Bodies over this many bytes are refused everywhere (413). */
export const MAX_BODY_BYTES = 64 * 1024;
