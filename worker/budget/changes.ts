import type { Fleet } from '../fleet-file/schema.ts';
import { type Assumptions, WORLD } from './assumptions.ts';
import { budgetOf } from './budget.ts';

/** One change to the fleet file that would make it fit its plan: tried on the model, not guessed. */
export interface Change {
  /** As one would write or do it: `interval_s = 20`. */
  text: string;
  /** The fleet with the change. */
  fleet: Fleet;
}

/** Values that people would choose. */
const INTERVALS_S = [5, 10, 12, 15, 20, 25, 30, 40, 45, 60, 90, 120, 180, 300, 600];
const TIMEOUTS_MS = [3000, 2500, 2000, 1500, 1000, 750, 500];
/** Fewer cannot outvote one that is wrong. */
const FEWEST_VANTAGES = 3;

/**
 * What to change in a fleet that does not fit the free plan. Each change suffices by itself; where none does, two together. The last is always the paid
 * plan, with its price. Empty when the fleet fits.
 */
export function changesThatFit(fleet: Fleet, assume: Assumptions = WORLD): Change[] {
  if (budgetOf(fleet, assume).fits) return [];
  const fits = (change: Change | undefined): change is Change => change !== undefined && budgetOf(change.fleet, assume).fits;
  const first = (changes: readonly Change[]) => changes.find(fits);
  const single = [
    first(slower(fleet)),
    first(moreImpatient(fleet)),
    most(FEWEST_VANTAGES, fleet.vantage.length, fewerVantages(fleet), fits),
    most(1, fleet.site.length, fewerSites(fleet), fits),
  ].filter(fits);
  return [...(single.length > 0 ? single : two(fleet, fits)), paid(fleet, assume)];
}

/** From the least change to the greatest. */
function slower(fleet: Fleet): Change[] {
  return INTERVALS_S.filter((interval_s) => interval_s > fleet.probing.interval_s).map((interval_s) => ({
    text: `interval_s = ${interval_s} (now ${fleet.probing.interval_s})`,
    fleet: { ...fleet, probing: { ...fleet.probing, interval_s } },
  }));
}

function moreImpatient(fleet: Fleet): Change[] {
  return TIMEOUTS_MS.filter((timeout_ms) => timeout_ms < fleet.probing.timeout_ms).map((timeout_ms) => ({
    text: `timeout_ms = ${timeout_ms} (now ${fleet.probing.timeout_ms})`,
    fleet: { ...fleet, probing: { ...fleet.probing, timeout_ms } },
  }));
}

function fewerVantages(fleet: Fleet): (count: number) => Change {
  return (count) => ({
    text: `at most ${count} [[vantage]] (now ${fleet.vantage.length})`,
    fleet: { ...fleet, vantage: fleet.vantage.slice(0, count) },
  });
}

function fewerSites(fleet: Fleet): (count: number) => Change {
  return (count) => ({
    text: `at most ${count} [[site]] (now ${fleet.site.length})`,
    fleet: { ...fleet, site: fleet.site.slice(0, count) },
  });
}

type Fits = (change: Change | undefined) => change is Change;

/** The change to the greatest number from `least` up to `has - 1` that fits: each of fewer uses less. */
function most(least: number, has: number, change: (count: number) => Change, fits: Fits): Change | undefined {
  let [low, high] = [least - 1, has - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(change(middle))) low = middle;
    else high = middle - 1;
  }
  return low < least ? undefined : change(low);
}

/** Probing more slowly, and then as many sites as fit. */
function two(fleet: Fleet, fits: Fits): Change[] {
  for (const slow of slower(fleet)) {
    const both = most(1, fleet.site.length, fewerSites(slow.fleet), fits);
    if (both !== undefined) return [{ ...both, text: `${slow.text} and ${both.text}` }];
  }
  return [];
}

function paid(fleet: Fleet, assume: Assumptions): Change {
  const changed: Fleet = { ...fleet, fleet: { ...fleet.fleet, plan: 'paid' } };
  const { typical, everythingDown } = budgetOf(changed, assume);
  const usd = Math.max(typical.monthlyUsd, everythingDown.monthlyUsd);
  return { text: `plan = "paid" (at most $${usd.toFixed(2)} a month beyond the plan's $5)`, fleet: changed };
}
