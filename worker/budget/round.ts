import type { CheckSpec } from '../objects/contract.ts';
import { MAX_CONNECTIONS } from '../probes/pool.ts';
import type { Assumptions } from './assumptions.ts';

/** `typical`: every check answers. `everythingDown`: every check of every server times out, all day, and the witnesses answer. */
export type Scenario = 'typical' | 'everythingDown';

/** How long one round of a vantage takes, until it has told the Fleet, in milliseconds. */
export function roundMs(
  specs: readonly CheckSpec[],
  witnesses: number,
  timeoutMs: number,
  scenario: Scenario,
  assume: Assumptions,
): number {
  const isDown = scenario === 'everythingDown';
  const probes = specs.map(({ kind }) => (isDown ? timeoutMs : Math.min(assume.probeMs[kind], timeoutMs)));
  const looks = isDown ? Array.from({ length: witnesses }, () => Math.min(assume.witnessMs, timeoutMs)) : [];
  return makespan(inTurn(probes, looks), MAX_CONNECTIONS) + assume.workMs + assume.rpcMs;
}

/** The first failure asks the witnesses, and they go before the probes that still wait. */
function inTurn(probes: readonly number[], witnesses: readonly number[]): { takesMs: number; notBeforeMs: number }[] {
  const first = probes.slice(0, MAX_CONNECTIONS);
  const failedMs = Math.min(...first);
  const at = (notBeforeMs: number) => (takesMs: number) => ({ takesMs, notBeforeMs });
  if (first.length === 0) return [];
  return [...first.map(at(0)), ...witnesses.map(at(failedMs)), ...probes.slice(MAX_CONNECTIONS).map(at(0))];
}

/** When the last of the tasks has ended, if each starts as soon as there is room. */
function makespan(tasks: readonly { takesMs: number; notBeforeMs: number }[], room: number): number {
  const freeMs = Array.from({ length: room }, () => 0);
  let end = 0;
  for (const { takesMs, notBeforeMs } of tasks) {
    const slot = freeMs.indexOf(Math.min(...freeMs));
    const doneMs = Math.max(freeMs[slot] ?? 0, notBeforeMs) + takesMs;
    freeMs[slot] = doneMs;
    end = Math.max(end, doneMs);
  }
  return end;
}
