import * as z from 'zod/mini';
import { WRONG_EXIT } from '../../worker/protocol/report.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { PostResult } from '../post.ts';
import type { Problems } from '../problems.ts';
import { type ExitFacts, judgeExit, plainAddress } from './verdict.ts';

export interface ExitWatch {
  /** No traffic may move to this server: it comes out wrong, or nowhere. What it carries already is not taken from it. */
  isBarred(server: string): boolean;
  /** Traffic has moved there, or the path has come to life: it is checked soon. */
  check(server: string): void;
  stop(): void;
}

export interface ExitWatchOptions {
  /** Those that are checked. */
  servers: readonly string[];
  clock: Clock;
  log: Log;
  problems: Problems;
  /** Asks the edge through this server's tunnel; null: it cannot be asked now. */
  ask(server: string): Promise<PostResult | null>;
  isAlive(server: string): boolean;
  /** The edge is heard by another way: so it is not the edge's fault that it does not answer here. */
  edgeReached(): boolean;
  factsOf(server: string): Omit<ExitFacts, 'server' | 'seen'>;
  /** `isBarred` has changed. */
  onChange(server: string): void;
}

/** Two tunnels: 576 small requests a day. */
const EVERY_MS = 5 * 60_000;
/** After a switch, a start or a failure. */
const SOON_MS = 2000;
const AGAIN_MS = 10_000;
/** So many questions in a row without an answer, while the tunnel itself lives: nothing comes out there. */
const SILENT_AFTER = 3;

const answerSchema = z.object({ address: z.nullable(z.string()) });

/** Checks end to end, standbys too: what goes into a tunnel must come out at its VPS. */
export function watchExits(options: ExitWatchOptions): ExitWatch {
  const { clock, log, problems } = options;
  const barred = new Set<string>();
  const silent = new Map<string, number>();
  const timers = new Map<string, () => void>();
  const seen = new Map<string, string>();
  let stopped = false;

  function later(server: string, ms: number): void {
    timers.get(server)?.();
    if (!stopped)
      timers.set(
        server,
        clock.after(ms, () => void run(server)),
      );
  }

  async function run(server: string): Promise<void> {
    const result = options.isAlive(server) ? await options.ask(server) : null;
    if (stopped) return;
    later(server, digest(server, result) ? EVERY_MS : AGAIN_MS);
  }

  /** False: to be asked again soon. */
  function digest(server: string, result: PostResult | null): boolean {
    if (result === null) return options.isAlive(server);
    if ('error' in result) {
      noteSilence(server, result.error);
      return false;
    }
    silent.delete(server);
    const address = result.status === 200 ? readAddress(result.body) : null;
    // A refused token or an edge in trouble says nothing of the exit, only that it can be reached there.
    if (address === null) return true;
    judge(server, address);
    return true;
  }

  function judge(server: string, address: string): void {
    if (seen.get(server) !== address) log.info(`${server}: comes out at ${address}`);
    seen.set(server, address);
    const verdict = judgeExit({ server, seen: address, ...options.factsOf(server) });
    const bars = !verdict.ok && verdict.bars;
    problems.clear(bars ? guessOf(server) : kindOf(server));
    if (verdict.ok) problems.clear(guessOf(server));
    else problems.set({ kind: bars ? kindOf(server) : guessOf(server), message: verdict.message });
    bar(server, bars);
  }

  function noteSilence(server: string, reason: string): void {
    if (!options.edgeReached() || !options.isAlive(server)) return;
    const count = (silent.get(server) ?? 0) + 1;
    silent.set(server, count);
    if (count < SILENT_AFTER) return;
    problems.set({
      kind: kindOf(server),
      message: `nothing comes out of ${server}, although its tunnel lives (${reason}); does the VPS forward and masquerade?`,
    });
    bar(server, true);
  }

  function bar(server: string, is: boolean): void {
    if (barred.has(server) === is) return;
    if (is) barred.add(server);
    else barred.delete(server);
    options.onChange(server);
  }

  for (const server of options.servers) later(server, SOON_MS);
  return {
    isBarred: (server) => barred.has(server),
    check: (server) => (options.servers.includes(server) ? later(server, SOON_MS) : undefined),
    stop() {
      stopped = true;
      for (const cancel of timers.values()) cancel();
    },
  };
}

/** Wrong for sure: the edge opens an incident for it. */
const kindOf = (server: string) => `${WRONG_EXIT}${server}`;
/** Perhaps all is well, and the file only does not say so. */
const guessOf = (server: string) => `exit?-${server}`;

function readAddress(body: string): string | null {
  try {
    const parsed = answerSchema.safeParse(JSON.parse(body));
    return parsed.success && parsed.data.address !== null ? plainAddress(parsed.data.address) : null;
  } catch {
    // Not JSON: something between us and the edge answers, which says nothing of the exit.
    return null;
  }
}
