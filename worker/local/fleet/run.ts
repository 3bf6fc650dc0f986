import { StartFailure } from '../failure.ts';
import { HELP, parseFleet } from './arguments.ts';
import { EXIT, RUN, type Screen } from './commands.ts';

/** One call of `npm run fleet`. Answers its exit code. */
export async function runFleet(argv: readonly string[], screen: Screen): Promise<number> {
  const options = parseFleet(argv);
  if (options === 'help') {
    screen.out(HELP.trimEnd());
    return EXIT.done;
  }
  if ('wrong' in options) {
    screen.err(`fleet: ${options.wrong}\n\n${HELP.trimEnd()}`);
    return EXIT.error;
  }
  try {
    return await RUN[options.command](options, screen);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    screen.err(`fleet: ${error.message}`);
    return EXIT.error;
  }
}
