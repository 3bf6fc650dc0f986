import { quantile, type Score } from './score.ts';

/** A figure of the comparison: one column of its tables. Smaller is better in all but those without `rank`. */
export interface Column {
  id: string;
  head: string;
  /** Null: there is nothing to say (nothing had to be detected). */
  value(score: Score): number | null;
  show(value: number): string;
  rank: boolean;
}

const perThousandHours = (count: number, { hours }: Score) => (count * 1000) / hours;

function showMs(ms: number): string {
  if (!Number.isFinite(ms)) return 'never';
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 100_000 ? 1 : 0)} s`;
}

function showCount(value: number): string {
  return Math.round(value).toLocaleString('en');
}

const hasDetections = ({ detectionMs }: Score) => detectionMs.length > 0;

export const COLUMNS: readonly Column[] = [
  { id: 'median', head: 'left after (median)', value: ({ detectionMs }) => quantile(detectionMs, 0.5), show: showMs, rank: true },
  { id: 'p95', head: 'p95', value: ({ detectionMs }) => quantile(detectionMs, 0.95), show: showMs, rank: true },
  {
    id: 'false',
    head: 'false failovers',
    value: (score) => perThousandHours(score.falseFailovers, score),
    show: showCount,
    rank: true,
  },
  { id: 'failbacks', head: 'failbacks', value: (score) => perThousandHours(score.failbacks, score), show: showCount, rank: false },
  {
    id: 'bad',
    head: 'onto a bad primary',
    value: (score) => (hasDetections(score) ? perThousandHours(score.badFailbacks, score) : null),
    show: showCount,
    rank: true,
  },
  {
    id: 'dead',
    head: 'seconds on a dead path',
    value: (score) => perThousandHours(score.deadMs / 1000, score),
    show: showCount,
    rank: true,
  },
];

export interface Row {
  id: string;
  name: string;
  score: Score;
}

/** The ranked figures in which somebody is ahead of `of`, each with those who are. Figures that read the same are even. */
export function aheadOf(of: string, rows: readonly Row[]): { column: Column; names: string[] }[] {
  const mine = rows.find(({ id }) => id === of);
  if (mine === undefined) return [];
  return COLUMNS.filter(({ rank }) => rank).flatMap((column) => {
    const own = column.value(mine.score);
    if (own === null) return [];
    const better = rows.filter(({ id, score }) => {
      const value = column.value(score);
      return id !== of && value !== null && value < own && column.show(value) !== column.show(own);
    });
    return better.length === 0
      ? []
      : [{ column, names: better.map(({ name, score }) => `${name} (${column.show(column.value(score) ?? 0)})`) }];
  });
}
