/** Sends the newest news, one letter at a time: what happens while one is on its way goes with the next. */
export class Reporter {
  private readonly send: () => Promise<void>;
  private underway: Promise<void> | null = null;
  private again = false;

  /** `send` composes the letter from what is true when it is called. */
  constructor(send: () => Promise<void>) {
    this.send = send;
  }

  /** Resolves when a letter composed after this call has been sent, or has failed. Never throws. */
  async tell(): Promise<void> {
    if (this.underway !== null) {
      this.again = true;
      return this.underway;
    }
    this.underway = this.sendAll();
    await this.underway;
  }

  private async sendAll(): Promise<void> {
    try {
      do {
        this.again = false;
        await this.send();
      } while (this.again);
    } catch (error) {
      // The next round tells all of it again.
      console.warn(`the fleet was not told: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.underway = null;
    }
  }
}
