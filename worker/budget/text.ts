import { checkSpecs } from '../fleet-file/rules.ts';
import type { Fleet } from '../fleet-file/schema.ts';
import type { Assumptions } from './assumptions.ts';
import type { Budget, Excess } from './budget.ts';
import type { Change } from './changes.ts';
import { FREE_LIMITS } from './plans.ts';
import { QUOTAS, type Quota } from './usage.ts';

/** What people call it. */
export const NAMES: Record<Quota, string> = {
  workerRequests: 'Worker requests',
  doRequests: 'Durable Object requests',
  gbSeconds: 'Durable Object GB-s',
  rowsWritten: 'rows written',
  rowsRead: 'rows read',
  storageMb: 'storage in MB',
};

const WHEN = { typical: 'on a typical day', everythingDown: 'with everything down' } as const;

/** One limit that is exceeded, with the numbers, as a sentence. */
export function excessText({ scenario, quota, used, limit }: Excess): string {
  const over = used - limit;
  const percent = Math.max(1, Math.round((over / limit) * 100));
  return `${NAMES[quota]} ${WHEN[scenario]}: ${count(used)}${quota === 'storageMb' ? '' : ' a day'}, and the free plan has ${count(limit)}: over by ${count(over)} (${percent} %)`;
}

/** The whole answer for a terminal. */
export function budgetText(fleet: Fleet, budget: Budget, changes: readonly Change[], assume: Assumptions): string {
  const lines = [headline(fleet, budget), '', ...usageTable(budget), '', ...partsTable(budget), '', ...assumptionLines(assume), ''];
  if (budget.plan === 'paid') {
    lines.push(
      `Beyond the plan's $5 a month: ${usd(budget.typical.monthlyUsd)} with typical days, ${usd(budget.everythingDown.monthlyUsd)} with everything down all month.`,
    );
  } else if (budget.fits) lines.push('It fits the free plan.');
  else {
    lines.push('It does NOT fit the free plan:', ...budget.exceeded.map((excess) => `  - ${excessText(excess)}`));
    lines.push('', 'Any one of these makes it fit:', ...changes.map(({ text }) => `  - ${text}`));
  }
  return `${lines.join('\n')}\n`;
}

function headline(fleet: Fleet, { plan }: Budget): string {
  const checks = fleet.server.reduce((total, server) => total + checkSpecs(server).length, 0);
  const parts = [
    plural(fleet.vantage.length, 'vantage'),
    `every ${fleet.probing.interval_s} s`,
    plural(fleet.server.length, 'server'),
    plural(checks, 'check'),
    plural(fleet.site.length, 'site'),
  ];
  return `${fleet.fleet.name}: ${parts.join(', ')}; plan "${plan}"`;
}

function usageTable({ plan, typical, everythingDown }: Budget): string[] {
  const rows = QUOTAS.map((quota) => {
    const cells = [typical, everythingDown].flatMap(({ usage }) => [
      count(usage[quota]),
      plan === 'free' ? share(usage[quota], quota) : '',
    ]);
    return [NAMES[quota], ...cells, plan === 'free' ? count(FREE_LIMITS[quota]) : ''];
  });
  return table([['a day', 'typical', '', 'everything down', '', plan === 'free' ? 'free plan' : ''], ...rows]);
}

/** Where it goes, with everything down. */
function partsTable({ everythingDown: { parts } }: Budget): string[] {
  const shown: readonly Quota[] = ['workerRequests', 'doRequests', 'gbSeconds', 'rowsWritten', 'rowsRead'];
  const rows = Object.entries(parts).map(([name, usage]) => [name, ...shown.map((quota) => count(usage[quota]))]);
  return table([['who, with everything down', 'Worker', 'DO', 'GB-s', 'written', 'read'], ...rows]);
}

function assumptionLines({ probeMs, rpcMs, pageHours, pageRefreshMs, healthChanges }: Assumptions): string[] {
  const probes = Object.entries(probeMs).map(([kind, ms]) => `${kind} ${ms} ms`);
  return [
    `Assumed: probes that succeed take ${probes.join(', ')}; ${rpcMs} ms between objects; ${healthChanges} changes of health a day;`,
    `         the status page open for ${pageHours} h a day, all readers together, asking every ${pageRefreshMs / 1000} s. The account has nothing else.`,
  ];
}

/** Columns by spaces: the first to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)));
    return cells.join('  ').trimEnd();
  });
}

function share(used: number, quota: Quota): string {
  const percent = (used / FREE_LIMITS[quota]) * 100;
  return percent > 0 && percent < 1 ? '<1 %' : `${Math.ceil(percent)} %`;
}

function count(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : Math.round(value).toLocaleString('en-US');
}

function usd(value: number): string {
  return `$${value.toFixed(2)}`;
}

function plural(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`;
}
