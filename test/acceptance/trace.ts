import { fleet as defaultFleet, type Fleet } from './fleet.ts';
import type { Promised } from './promises.ts';
import { type Line, record, type Story } from './world.ts';

/** One recorded trace: a story, the fleet that it happens to, and what the judge promises about it. */
export interface Trace {
  /** In kebab case: names the test. */
  name: string;
  fleet?: Fleet;
  /** `[seconds, what changes, …]`; see `world.ts` for the words. */
  story: Story;
  endS: number;
  /** The router's WANs, when it has several. */
  wans?: string[];
  /** Changes the recorded lines: what is lost, doubled or added on the way. */
  edit?: (lines: Line[]) => Line[];
  promises: Promised[];
}

export function fleetOf(trace: Trace): Fleet {
  return trace.fleet ?? defaultFleet();
}

export function linesOf(trace: Trace): Line[] {
  const lines = record(fleetOf(trace), trace.story, trace.endS, trace.wans);
  return trace.edit === undefined ? lines : trace.edit(lines);
}

export const textOf = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
