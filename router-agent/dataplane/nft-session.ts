import type { Clock } from '../clock.ts';
import { fail, type Outcome, succeed } from '../outcome.ts';
import type { Os, Session } from '../runner.ts';

/** A long-lived `nft -i`: a switch costs half a millisecond instead of a process. */
export interface NftSession {
  /** Starts the program ahead of its first use: that costs tens of milliseconds which a cut should not pay. */
  warm(): void;
  /** Runs one line as one transaction. A failure leaves the rules as they were, or is unknown after a silence. */
  run(line: string): Promise<Outcome<null>>;
  close(): void;
}

/** An `nft` that does not answer within this is replaced; the caller spawns one meanwhile. */
const ANSWER_MS = 200;

/**
 * `nft -i` says nothing on success and buffers what it prints. Its errors come at once, so each line is followed by a question that must
 * fail: for a table that does not exist. Exactly one error up to there means that the line went well.
 */
export function openNftSession(os: Os, clock: Clock): NftSession {
  let session: Session | null = null;
  let heard = '';
  let question = 0;
  let waiting: ((text: string) => void) | null = null;

  function listen(text: string): void {
    heard += text;
    waiting?.(heard);
  }

  function give(reason: string): Outcome<null> {
    session?.close();
    session = null;
    return fail(reason);
  }

  return {
    warm() {
      session ??= os.open(['nft', '-i'], listen);
      // The first question also makes it load its libraries and read the rules once.
      session?.write('list table inet farwatch_question_0');
    },
    async run(line) {
      heard = '';
      question += 1;
      const marker = `list table inet farwatch_question_${question}`;
      session ??= os.open(['nft', '-i'], listen);
      if (session === null || !session.write(`${line}\n${marker}`)) return give('nft -i is not there');
      const answer = await new Promise<string | null>((resolve) => {
        const cancel = clock.after(ANSWER_MS, () => resolve(null));
        waiting = (text) => {
          if (!text.includes(marker)) return;
          cancel();
          resolve(text.slice(0, text.indexOf(marker)));
        };
      });
      waiting = null;
      if (answer === null) return give('nft -i does not answer');
      return answer.split('Error:').length === 2 ? succeed(null) : give(answer.trim());
    },
    close() {
      session?.close();
      session = null;
    },
  };
}
