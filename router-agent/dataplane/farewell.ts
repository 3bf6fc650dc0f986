import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Os } from '../runner.ts';
import { forgetAll, forgetConnectionless, openTcpFlows } from './conntrack.ts';
import type { Family } from './model.ts';
import type { TicklePort } from './tickle-device.ts';
import { type TcpFlow, tickleDatagram } from './tickle-packet.ts';

export interface FarewellOptions {
  os: Os;
  clock: Clock;
  log: Log;
  /** Null: this kernel has no way for it; clients then learn of the cut when they next send. */
  port(): TicklePort | null;
  /** Whether the path with this mark still carries nothing. */
  isDead(mark: number): boolean;
}

/** More at once overflow queues on the way: of 1,000 unpaced only a third arrived. */
const BATCH = 100;
const BATCH_EVERY_MS = 5;
/** A client answers strays of one connection at most twice a second (Linux: `tcp_invalid_ratelimit`); the second and third round are for what was lost. */
const ROUNDS_AT_MS = [0, 600, 1500];
/** By then everybody had three chances; what is left of the dead path is forgotten. */
const FORGET_AT_MS = 3000;
/** A limit on everything: at 20,000 a second, two seconds of tickling. */
const MAX_FLOWS = 40_000;

/**
 * Tells the clients of a path that was cut, so that they connect anew now. Datagrams: their connections are forgotten. TCP: each client is
 * tickled; its answer meets the rule for dead marks and is answered with a reset – even where the client only listens, and would otherwise
 * wait for hours. Then all that is left of the path is forgotten. To be called after the rules are in place.
 */
export async function sayFarewell(options: FarewellOptions, marks: readonly number[], families: readonly Family[]): Promise<void> {
  const { clock } = options;
  const startedAt = clock.now();
  for (const [round, at] of ROUNDS_AT_MS.entries()) {
    await until(clock, startedAt + at);
    const flows = await eachOf(marks.filter(options.isDead), families, (mark, family) => openTcpFlows(options.os, mark, family));
    const told = await tickle(options, flows.flat());
    if (told > 0) options.log.debug(`told ${told} TCP connection(s) of the cut`);
    // Not earlier: what is connectionless follows its mark anyway, and programs that start beside each other start late.
    if (round === 0) await eachOf(marks, families, (mark, family) => forgetConnectionless(options.os, mark, family));
  }
  await until(clock, startedAt + FORGET_AT_MS);
  await eachOf(marks.filter(options.isDead), families, (mark, family) => forgetAll(options.os, mark, family));
}

async function eachOf<T>(
  marks: readonly number[],
  families: readonly Family[],
  task: (mark: number, family: Family) => Promise<T>,
): Promise<T[]> {
  return Promise.all(marks.flatMap((mark) => families.map((family) => task(mark, family))));
}

async function tickle({ clock, port }: FarewellOptions, flows: readonly TcpFlow[]): Promise<number> {
  const way = port();
  if (way === null) return 0;
  const chosen = flows.slice(0, MAX_FLOWS);
  for (let next = 0; next < chosen.length; next += BATCH) {
    if (next > 0) await until(clock, clock.now() + BATCH_EVERY_MS);
    for (const flow of chosen.slice(next, next + BATCH)) way.send(tickleDatagram(flow));
  }
  return chosen.length;
}

function until(clock: Clock, at: number): Promise<void> {
  const ms = at - clock.now();
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(ms, resolve));
}
