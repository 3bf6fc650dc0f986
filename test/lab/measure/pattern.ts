/** A prime, so that a shift by any power of two (a lost or repeated segment) shows. */
const PERIOD = 65_521;

const onePeriod = Buffer.from(Array.from({ length: PERIOD }, (_, index) => (index * 167 + (index >> 8)) & 0xff));
const doubled = Buffer.concat([onePeriod, onePeriod]);

/** The bytes of the endless download from `offset` on: both ends know what must come. At most 65,521 bytes at once. */
export function patternAt(offset: number, length: number): Buffer {
  if (length > PERIOD) throw new RangeError(`at most ${PERIOD} bytes at once, not ${length}`);
  const start = offset % PERIOD;
  return doubled.subarray(start, start + length);
}

/** Where `chunk`, which was received at `offset`, first differs from what was sent; -1: nowhere. */
export function firstDifference(chunk: Buffer, offset: number): number {
  for (let start = 0; start < chunk.length; start += PERIOD) {
    const part = chunk.subarray(start, start + PERIOD);
    const expected = patternAt(offset + start, part.length);
    if (!part.equals(expected)) return offset + start + part.findIndex((byte, index) => byte !== expected[index]);
  }
  return -1;
}
