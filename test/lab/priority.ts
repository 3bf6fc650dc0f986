import { setPriority } from 'node:os';

/** Nice values: −20 is the most favourable, 0 what others have. */
const PRIORITY = -15;
const OTHERS = 0;

/** A command that takes no time from the rest of the lab: outside of it, it would have a machine of its own. */
export function stepBack(argv: readonly string[]): string[] {
  return ['nice', '-n', `${OTHERS - PRIORITY}`, ...argv];
}

/** Other work on this machine must not be taken for a dead path: all that the lab starts inherits its priority. */
export function comeFirst(say: (text: string) => void): void {
  try {
    setPriority(PRIORITY);
  } catch (error) {
    say(`no right to a higher priority, figures may suffer from other work on this machine: ${(error as Error).message}`);
  }
}
