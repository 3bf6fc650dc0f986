import { budgetOf } from '../budget/budget.ts';
import { changesThatFit } from '../budget/changes.ts';
import { excessText } from '../budget/text.ts';
import type { FleetError } from '../fleet-file/check.ts';
import type { Fleet } from '../fleet-file/schema.ts';

/** What is said of a fleet that its plan cannot carry: each limit with its numbers, and what would fit. Null: it fits. */
export function overBudget(fleet: Fleet): { reason: string; errors: FleetError[]; warning: string } | null {
  const { fits, exceeded } = budgetOf(fleet);
  if (fits) return null;
  const path = '/fleet/plan';
  const changes = changesThatFit(fleet).map(({ text }) => text);
  const advice = `to fit, any one of these is enough: ${changes.join('; ')}`;
  const errors = exceeded.map((excess) => ({ path, message: excessText(excess) }));
  const [first] = errors;
  return {
    reason: `the free plan cannot carry this fleet; nothing was changed. ${first?.message ?? ''}. ${advice}`,
    errors: [...errors, { path, message: advice }],
    warning: `on Cloudflare this fleet would not fit the free plan: ${first?.message ?? ''}; ${advice}`,
  };
}
