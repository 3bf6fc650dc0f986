/** Lets so many pass, and the next after a moment in which the runtime gets to everything else: requests from outside, and answers on their way there. */
export class Turnstile {
  private readonly many: number;
  private readonly momentMs: number;
  private passed = 0;
  private open: Promise<void> = Promise.resolve();

  constructor(many: number, momentMs: number) {
    this.many = many;
    this.momentMs = momentMs;
  }

  /** Resolves when the caller may go on. First come, first served. */
  async pass(): Promise<void> {
    const { open } = this;
    if (++this.passed % this.many === 0) this.open = open.then(() => new Promise((resolve) => setTimeout(resolve, this.momentMs)));
    await open;
  }
}
