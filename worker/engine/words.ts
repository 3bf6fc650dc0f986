interface Word<T> {
  bytes: Uint8Array;
  hash: number;
  value: T;
}

/**
 * A dictionary that is asked with a stretch of a larger buffer, so that no string has to be made of bytes only to look them up. What it
 * finds is equal byte by byte; the hash (`extendHash` over the bytes) only says where to look.
 */
export class Words<T> {
  #slots: (Word<T> | undefined)[] = new Array(16).fill(undefined);
  #size = 0;

  constructor(entries: Iterable<readonly [string, T]> = []) {
    for (const [text, value] of entries) this.add(text, value);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a word that is not in it yet: of two equal ones the first is found. */
  add(text: string, value: T): void {
    if (4 * this.#size >= this.#slots.length) this.#grow();
    const bytes = new TextEncoder().encode(text);
    let hash = EMPTY_HASH;
    for (const byte of bytes) hash = extendHash(hash, byte);
    this.#put({ bytes, hash, value });
    this.#size++;
  }

  find(bytes: Uint8Array, from: number, to: number, hash: number): T | undefined {
    const mask = this.#slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const word = this.#slots[at];
      if (word === undefined) return undefined;
      if (word.hash === hash && word.bytes.length === to - from && equals(word.bytes, bytes, from)) return word.value;
    }
  }

  #put(word: Word<T>): void {
    const mask = this.#slots.length - 1;
    let at = word.hash & mask;
    while (this.#slots[at] !== undefined) at = (at + 1) & mask;
    this.#slots[at] = word;
  }

  /** Three of four slots stay free, so that a search ends after a step or two. */
  #grow(): void {
    const words = this.#slots.filter((word) => word !== undefined);
    this.#slots = new Array(4 * this.#slots.length).fill(undefined);
    for (const word of words) this.#put(word);
  }
}

export const EMPTY_HASH = 0;

/** The hash of a stretch that is one byte longer: one multiplication, made while a reader looks for the closing quote anyway. */
export function extendHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function equals(word: Uint8Array, bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[from + i]) return false;
  return true;
}
