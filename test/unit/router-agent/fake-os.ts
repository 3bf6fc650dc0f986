import { succeed } from '../../../router-agent/outcome.ts';
import type { Os, RunOptions, RunResult } from '../../../router-agent/runner.ts';

export interface FakeOs extends Os {
  /** Every change, as typed, in order. */
  changes: string[];
  files: Record<string, string>;
  /** Permission bits of files; without an entry, a file is its owner's alone. */
  modes: Record<string, number>;
  /** The text that came with a change, by the change. */
  inputs: Record<string, string>;
}

/** A machine that records. `answer` says what a command prints; undefined: it succeeds and prints nothing. */
export function fakeOs(answer: (line: string, options?: RunOptions) => Partial<RunResult> | undefined): FakeOs {
  const changes: string[] = [];
  const files: Record<string, string> = {};
  const modes: Record<string, number> = {};
  const inputs: Record<string, string> = {};
  const run = (line: string, options?: RunOptions): RunResult => ({ code: 0, stdout: '', stderr: '', ...answer(line, options) });
  return {
    changes,
    files,
    modes,
    inputs,
    query: async (argv, options) => run(argv.join(' '), options),
    async change(argv, options) {
      const line = argv.join(' ');
      changes.push(line);
      inputs[line] = options?.file ?? options?.input ?? '';
      return run(line, options);
    },
    read: (path) => files[path] ?? null,
    write(path, text) {
      files[path] = text;
      return succeed(null);
    },
    mode: (path) => (files[path] === undefined ? null : (modes[path] ?? 0o600)),
    open: () => null,
  };
}
