import type { Fleet } from '../fleet-file/schema.ts';
import { type Assumptions, WORLD } from './assumptions.ts';
import { partsOf } from './parts.ts';
import { FREE_LIMITS, monthlyTotalUsd, type Plan } from './plans.ts';
import type { Scenario } from './round.ts';
import { QUOTAS, type Quota, sum, type Usage } from './usage.ts';

export const SCENARIOS: readonly Scenario[] = ['typical', 'everythingDown'];

/** One day of a fleet. */
export interface Day {
  usage: Usage;
  /** Who uses it; they add up to `usage`. */
  parts: Record<string, Usage>;
  /** What such days cost beyond the $5 a month of the paid plan, in dollars a month. */
  monthlyUsd: number;
}

/** A limit of the free plan that does not suffice. */
export interface Excess {
  scenario: Scenario;
  quota: Quota;
  used: number;
  limit: number;
}

export interface Budget extends Record<Scenario, Day> {
  plan: Plan;
  exceeded: Excess[];
  /** The paid plan has no limits but prices, so there every fleet fits. */
  fits: boolean;
}

/** What a fleet uses of a plan, a day; of the plan that it names, unless another one is asked for. */
export function budgetOf(fleet: Fleet, assume: Assumptions = WORLD, plan: Plan = fleet.fleet.plan): Budget {
  const days = { typical: dayOf(fleet, 'typical', assume), everythingDown: dayOf(fleet, 'everythingDown', assume) };
  const exceeded = plan === 'paid' ? [] : SCENARIOS.flatMap((scenario) => excesses(scenario, days[scenario].usage));
  return { plan, ...days, exceeded, fits: exceeded.length === 0 };
}

function dayOf(fleet: Fleet, scenario: Scenario, assume: Assumptions): Day {
  const parts = partsOf(fleet, scenario, assume);
  const usage = sum(Object.values(parts));
  return { usage, parts, monthlyUsd: monthlyTotalUsd(usage) };
}

function excesses(scenario: Scenario, usage: Usage): Excess[] {
  return QUOTAS.filter((quota) => usage[quota] > FREE_LIMITS[quota]).map((quota) => ({
    scenario,
    quota,
    used: usage[quota],
    limit: FREE_LIMITS[quota],
  }));
}
