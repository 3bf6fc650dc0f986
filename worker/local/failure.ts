/**
 * Something that the person at the terminal can put right (a busy port, a bad file). The message is the whole story, in one or a few lines;
 * the command prints it without a stack trace and exits with 1.
 */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** Runs a command's main function: a StartFailure is said plainly, anything else is a defect of ours and is shown in full. */
export async function runCommand(name: string, main: (argv: string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof StartFailure)) console.error(error);
    else console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
