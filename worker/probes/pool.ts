/** A Worker's invocation and a Durable Object have six connections at a time; a seventh would wait inside its own deadline and look slow. */
export const MAX_CONNECTIONS = 6;

/** Runs tasks, at most `limit` at a time: urgent ones first, else first come first served. */
export class Pool {
  private readonly limit: number;
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(limit: number = MAX_CONNECTIONS) {
    this.limit = limit;
  }

  /** Settles as the task does, which starts when there is room. */
  async run<T>(task: () => Promise<T>, { urgent = false } = {}): Promise<T> {
    if (this.running < this.limit) this.running++;
    else await new Promise<void>((resolve) => (urgent ? this.waiting.unshift(resolve) : this.waiting.push(resolve)));
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}
