import type { Config } from '../config.ts';

/** What a command may touch of the process it runs in: nothing else. Only `main.ts` exits. */
export interface CommandContext {
  config: Config;
  out(text: string): void;
  err(text: string): void;
  /** Aborts when the process is asked to end. */
  signal: AbortSignal;
  /** Colours only for people. */
  colour: boolean;
}

/** Answers the exit code: 0 or 1. */
export type Command = (context: CommandContext, options: { json: boolean; server: string | null }) => Promise<number>;
