import { DEFAULT_HOST, DEFAULT_PORT, parseServe, type ServeOptions } from './arguments.ts';
import { createCleanup, pause, stopSignal } from './cleanup.ts';
import { runCommand } from './failure.ts';
import { readFleetFile } from './fleet-source.ts';
import { openEdge } from './open.ts';

const HELP = `Usage: npm run serve -- [options]

Runs Farwatch's edge on this machine: the same Worker as at Cloudflare, on the same runtime, with its state on disk.

  --host H              address to listen on (default ${DEFAULT_HOST}; 0.0.0.0: all)
  --port N              port (default ${DEFAULT_PORT}; 0: any free one)
  --persist DIR         where the state lives (default .farwatch/edge)
  --fleet FILE          fleet file (.toml or .json): the first version of an empty store, the next one where the stored one differs
  --admin-token-file F  the administrator's token; made (mode 0600) if it is not there (default DIR/admin-token)
  --help                this text

\${NAME} in the fleet file is taken from the environment. Ctrl-C ends it.
Exit codes: 0 ended by a signal, 1 it could not start, 2 wrong usage.
`;

const FOREVER_MS = 2 ** 31 - 1;

/** `npm run serve`: the edge alone. */
async function main(argv: string[]): Promise<number> {
  const parsed = parseServe(argv);
  if (parsed.kind === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`serve: ${parsed.message}\n\n${HELP}`);
    return 2;
  }
  return serve(parsed.options);
}

async function serve(options: ServeOptions): Promise<number> {
  const source = options.fleet === null ? null : readFleetFile(options.fleet);
  const stop = stopSignal();
  const cleanup = createCleanup();
  try {
    const { edge, tokenCreated, seeded, warnings } = await openEdge(options, source, cleanup, logLine);
    for (const warning of warnings) console.log(`warning: ${warning}`);
    if (seeded !== null) console.log(seeded);
    console.log(
      `The administrator's token is in ${options.adminTokenFile}${tokenCreated ? ' (new)' : ''}; the state is in ${options.persist}.`,
    );
    console.log(`Ready: ${edge.url}`);
    while (!stop.aborted) await pause(FOREVER_MS, stop);
  } finally {
    await cleanup.run();
  }
  return 0;
}

function logLine(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

await runCommand('serve', main);
