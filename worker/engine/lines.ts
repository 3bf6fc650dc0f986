/** A line may have this many bytes: far more than evidence needs, and little enough to be held while the rest of it comes. */
export const MAX_LINE_BYTES = 64 * 1024;

const LINE_FEED = 0x0a;

/**
 * Cuts a stream of bytes into lines, at line feeds only (JSON Lines). Push a chunk, then call `next` until it says `more`. It holds no more than
 * one chunk and one line. Blank lines are counted and passed over, and so is a byte order mark at the very beginning.
 */
export class Lines {
  /** The buffer that the line is in: valid until the next `push`. `bytes[to]` is a line feed, or the carriage return before it. */
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  /** The number of the line, from 1. */
  number = 0;
  #next = 0;

  push(chunk: Uint8Array): void {
    const rest = this.bytes.subarray(this.#next);
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    this.bytes = bytes;
    this.#next = 0;
  }

  /** No more will come: what is left is the last line, although no line feed ends it. */
  end(): void {
    if (this.#next < this.bytes.length) this.push(Uint8Array.of(LINE_FEED));
  }

  /** `too-long`: line `number` goes beyond the limit, and nothing after it can be read. */
  next(): 'line' | 'more' | 'too-long' {
    for (;;) {
      const to = this.bytes.indexOf(LINE_FEED, this.#next);
      const length = (to < 0 ? this.bytes.length : to) - this.#next;
      if (length > MAX_LINE_BYTES) {
        this.number++;
        return 'too-long';
      }
      if (to < 0) return 'more';
      this.number++;
      this.from = this.#next;
      this.to = to;
      this.#next = to + 1;
      if (this.number === 1 && startsWithByteOrderMark(this.bytes, this.from)) this.from += 3;
      if (!isBlank(this.bytes, this.from, to)) return 'line';
    }
  }
}

function startsWithByteOrderMark(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d)) at++;
  return at === to;
}
