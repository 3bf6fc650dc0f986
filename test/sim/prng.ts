/**
 * Pseudo-random numbers that depend on nothing but a name (sfc32, seeded by a 128-bit hash of the name). Every part of the simulation forks a
 * generator of its own, so that taking one fault out of a run does not change what the others draw.
 */
export class Prng {
  private readonly name: string;
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(name: string) {
    this.name = name;
    [this.a, this.b, this.c] = hash(name);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** The next number, 0 ≤ x < 1. */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a list. @throws RangeError when it is empty */
  pick<T>(list: readonly T[]): T {
    const picked = list[Math.floor(this.next() * list.length)];
    if (picked === undefined) throw new RangeError(`nothing to pick from (${this.name})`);
    return picked;
  }

  /** `count` different ones of a list, in the list's order. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = list.map((_, i) => i);
    const taken = new Set<number>();
    while (taken.size < Math.min(count, list.length)) taken.add(left.splice(Math.floor(this.next() * left.length), 1)[0] ?? 0);
    return list.filter((_, i) => taken.has(i));
  }

  /** Whole milliseconds between `min` and `max`, short ones as likely as long ones (log-uniform): faults come in all sizes. */
  span(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.next());
  }

  /** A generator of its own: what it draws depends only on the names, not on what was drawn before. */
  fork(name: string): Prng {
    return new Prng(`${this.name}/${name}`);
  }
}

/** Three mixed 32-bit words of a text (cyrb128, shortened). */
function hash(text: string): [number, number, number] {
  let h1 = 1_779_033_703;
  let h2 = 3_144_134_277;
  let h3 = 1_013_904_242;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597_399_067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2_869_860_233);
    h3 = h1 ^ Math.imul(h3 ^ k, 951_274_213);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597_399_067);
  h2 = Math.imul(h1 ^ (h2 >>> 22), 2_869_860_233);
  h3 = Math.imul(h2 ^ (h3 >>> 17), 951_274_213);
  return [h1 | 0, h2 | 0, h3 | 0];
}
