import { EMPTY_HASH, extendHash, Words } from './words.ts';

/** The keys that the hot kinds of lines have, each with the form of its value. The place in this list is the field's number. */
const FIELDS = [
  ['t', 'number'],
  ['type', 'string'],
  ['vantage', 'string'],
  ['server', 'string'],
  ['site', 'string'],
  ['check', 'number'],
  ['ok', 'boolean'],
  ['ms', 'number'],
  ['reason', 'string'],
  ['wan', 'string'],
  ['alive', 'boolean'],
  ['rttMs', 'number or null'],
  ['loss', 'number'],
  ['applied', 'number'],
] as const;
export type Field = (typeof FIELDS)[number][0];

const KEYS = new Words<number>(FIELDS.map(([name], field) => [name, field] as const));
const FORMS = FIELDS.map(([, form]) => form);

/** A field's number. */
export function fieldOf(name: Field): number {
  return FIELDS.findIndex(([known]) => known === name);
}

/** A set of fields, a bit for each. */
export function fieldSet(...names: readonly Field[]): number {
  return names.reduce((bits, name) => bits | (1 << fieldOf(name)), 0);
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** 1 where a string cannot simply go on: its end, an escape, a control character, or more than ASCII. */
const ENDS_PLAIN_TEXT = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === 0x5c || byte < 0x20 || byte >= 0x80 ? 1 : 0,
);

/** So many digits are exact in a double, and so are the powers of ten below: their quotient is the nearest double, as JSON.parse has it. */
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: MAX_DIGITS + 1 }, (_, i) => 10 ** i);

const TRUE = new TextEncoder().encode('true');
const FALSE = new TextEncoder().encode('false');
const NULL = new TextEncoder().encode('null');

/**
 * Takes apart one line that is a flat JSON object of known keys with plain values, in any order, with any blanks. It makes no string and no
 * object: what it found stays in it until the next `scan`. JSON.parse alone takes longer than all that may be spent on a line.
 *
 * Whatever is unusual (an escape, an exponent, a sign, an unknown or doubled key, an error) it declines, and leaves to someone who may be slow.
 */
export class FlatScan {
  /** The fields that the line has, as a `fieldSet`; the one that is null among them, which `number` has as NaN. */
  seen = 0;
  /** Numbers by field. Whole or with a fraction, never negative. */
  readonly number = new Float64Array(FIELDS.length);
  /** The booleans that are true, as a `fieldSet`. */
  truths = 0;
  readonly #from = new Int32Array(FIELDS.length);
  readonly #to = new Int32Array(FIELDS.length);
  readonly #hash = new Int32Array(FIELDS.length);
  #bytes: Uint8Array = new Uint8Array(0);
  #textTo = 0;
  #textHash = EMPTY_HASH;

  /**
   * @param to where the line ends: `bytes[to]` has to be its line feed, at which every loop in here stops
   * @returns false when it declines
   */
  scan(bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes;
    this.seen = 0;
    this.truths = 0;
    let at = skipBlanks(bytes, from);
    if (bytes[at] !== OPEN) return false;
    do {
      at = this.#member(bytes, skipBlanks(bytes, at + 1));
      if (at < 0) return false;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE && skipBlanks(bytes, at + 1) === to;
  }

  /** What `words` has for the text of this field. */
  lookUp<T>(words: Words<T>, field: number): T | undefined {
    return words.find(this.#bytes, this.#from[field] ?? 0, this.#to[field] ?? 0, this.#hash[field] ?? 0);
  }

  /** The text of this field: ASCII. */
  text(field: number): string {
    return String.fromCharCode(...this.#bytes.subarray(this.#from[field], this.#to[field]));
  }

  /** @returns how long the text of this field is */
  textLength(field: number): number {
    return (this.#to[field] ?? 0) - (this.#from[field] ?? 0);
  }

  /** `"key": value`, and the blanks after it. @returns where it ends, -1 when it declines (as do all below) */
  #member(bytes: Uint8Array, from: number): number {
    if (bytes[from] !== QUOTE || !this.#plainText(bytes, from + 1)) return -1;
    const field = KEYS.find(bytes, from + 1, this.#textTo, this.#textHash);
    if (field === undefined || (this.seen & (1 << field)) !== 0) return -1;
    this.seen |= 1 << field;
    const at = skipBlanks(bytes, this.#textTo + 1);
    if (bytes[at] !== COLON) return -1;
    const end = this.#value(bytes, skipBlanks(bytes, at + 1), field);
    return end < 0 ? -1 : skipBlanks(bytes, end);
  }

  #value(bytes: Uint8Array, at: number, field: number): number {
    const form = FORMS[field];
    if (form === 'number') return this.#readNumber(bytes, at, field);
    if (form === 'number or null') return this.#readNumberOrNull(bytes, at, field);
    if (form === 'boolean') return this.#readBoolean(bytes, at, field);
    if (bytes[at] !== QUOTE || !this.#plainText(bytes, at + 1)) return -1;
    this.#from[field] = at + 1;
    this.#to[field] = this.#textTo;
    this.#hash[field] = this.#textHash;
    return this.#textTo + 1;
  }

  /** Finds the closing quote, and hashes on the way there. */
  #plainText(bytes: Uint8Array, from: number): boolean {
    let hash = EMPTY_HASH;
    let at = from;
    let byte = bytes[at] ?? 0;
    while (ENDS_PLAIN_TEXT[byte] === 0) {
      hash = extendHash(hash, byte);
      byte = bytes[++at] ?? 0;
    }
    this.#textTo = at;
    this.#textHash = hash;
    return byte === QUOTE;
  }

  #readNumber(bytes: Uint8Array, from: number, field: number): number {
    let at = from;
    let value = 0;
    for (; isDigit(bytes[at]); at++) value = value * 10 + (bytes[at] ?? 0) - ZERO;
    const whole = at - from;
    if (whole === 0 || whole > MAX_DIGITS || (whole > 1 && bytes[from] === ZERO)) return -1;
    if (bytes[at] === POINT) {
      const point = at++;
      for (; isDigit(bytes[at]); at++) value = value * 10 + (bytes[at] ?? 0) - ZERO;
      const fraction = at - point - 1;
      if (fraction === 0 || whole + fraction > MAX_DIGITS) return -1;
      value /= POWERS_OF_TEN[fraction] ?? 1;
    }
    this.number[field] = value;
    return at;
  }

  #readNumberOrNull(bytes: Uint8Array, at: number, field: number): number {
    if (!startsWith(bytes, at, NULL)) return this.#readNumber(bytes, at, field);
    this.number[field] = Number.NaN;
    return at + NULL.length;
  }

  #readBoolean(bytes: Uint8Array, at: number, field: number): number {
    if (startsWith(bytes, at, TRUE)) {
      this.truths |= 1 << field;
      return at + TRUE.length;
    }
    return startsWith(bytes, at, FALSE) ? at + FALSE.length : -1;
  }
}

/** JSON's white space without the line feed, which ends the line. */
function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) at++;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function startsWith(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}
