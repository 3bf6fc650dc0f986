import { setPriority } from 'node:os';

/** A nice value: −20 is the most favourable, 0 what others have. */
const PRIORITY = -15;

/** Other work on this machine must not be taken for a dead path: all that the lab starts inherits its priority. */
export function comeFirst(say: (text: string) => void): void {
  try {
    setPriority(PRIORITY);
  } catch (error) {
    say(`no right to a higher priority, figures may suffer from other work on this machine: ${(error as Error).message}`);
  }
}
