import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
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
const ANSWER_MS = 100;
/** One that ends by itself is started again after this, then after twice as much, and so on. */
const FIRST_RESTART_MS = 1000;
const MAX_RESTART_MS = 60_000;

/**
 * `nft -i` says nothing on success and buffers what it prints. Its errors come at once, so each line is followed by a question that must
 * fail: for a table that does not exist. Exactly one error up to there means that the line went well.
 */
export function openNftSession(os: Os, clock: Clock, log: Log): NftSession {
  let session: Session | null = null;
  let heard = '';
  let question = 0;
  let waiting: ((text: string | null) => void) | null = null;
  let restartMs = FIRST_RESTART_MS;
  let closed = false;

  function listen(text: string): void {
    heard += text;
    waiting?.(heard);
  }

  function give(reason: string): Outcome<null> {
    session?.close();
    session = null;
    return fail(reason);
  }

  /** Noticed at once, so that the next cut finds a new one. */
  function ended(which: Session | null): void {
    if (closed || which === null || which !== session) return;
    session = null;
    waiting?.(null);
    log.warn(`nft -i ended by itself; a switch spawns nft until it runs again, in ${restartMs / 1000} s`);
    clock.after(restartMs, warm);
    restartMs = Math.min(MAX_RESTART_MS, restartMs * 2);
  }

  function begin(): Session | null {
    const begun: Session | null = os.open(['nft', '-i'], listen, () => ended(begun));
    return begun;
  }

  /** The first question also makes it load its libraries and read the rules once. */
  function warm(): void {
    if (closed || session !== null) return;
    session = begin();
    question += 1;
    session?.write(questionLine(question));
  }

  return {
    warm,
    async run(line) {
      heard = '';
      question += 1;
      const marker = questionLine(question);
      session ??= begin();
      if (session === null || !session.write(`${line}\n${marker}`)) return give('nft -i is not there');
      const answer = await new Promise<string | null>((resolve) => {
        const cancel = clock.after(ANSWER_MS, () => resolve(null));
        waiting = (text) => {
          if (text?.includes(marker) === false) return;
          cancel();
          resolve(text === null ? null : text.slice(0, text.indexOf(marker)));
        };
      });
      waiting = null;
      if (answer === null) return give('nft -i does not answer');
      if (afterAnswerTo(question - 1, answer).split('Error:').length !== 2) return give(answer.trim());
      restartMs = FIRST_RESTART_MS;
      return succeed(null);
    },
    close() {
      closed = true;
      session?.close();
      session = null;
    },
  };
}

const questionLine = (number: number) => `list table inet farwatch_question_${number}`;

/** The first question of a new nft may still be unanswered when the first line comes: its error is not the line's. */
function afterAnswerTo(number: number, text: string): string {
  const line = `${questionLine(number)}\n`;
  const at = text.indexOf(line);
  return at < 0 ? text : text.slice(at + line.length);
}
