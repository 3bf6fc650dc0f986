import { terminalFor } from '../terminal.ts';
import { runFleet } from './run.ts';

/* `npm run fleet`: the central configuration as code. */

process.exitCode = await runFleet(process.argv.slice(2), {
  ...terminalFor(process.stdout, process.env),
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
});
