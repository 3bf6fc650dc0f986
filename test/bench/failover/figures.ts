import { spread } from '../../lab/report.ts';
import type { Figure } from '../benchmark.ts';
import type { Failure, Turn } from './turn.ts';

/** What is promised of the client's silence when the Active VPS dies, in milliseconds. */
const MEDIAN_MS = 220;
const P99_MS = 500;
/** How many times longer it lasts with keepalived's track_script, at least. */
const TIMES_SHORTER = 15;
/** Which part of BIRD's with BFD 100 ms × 5 it is, at most. */
const PART_OF_BFD = 0.5;

/** By the names of the contenders in the turns. */
export interface Names {
  farwatch: string;
  bfd: string;
  script: string;
}

type Measure = 'udpMs' | 'httpMs' | 'tcpMs' | 'downloadMs';

const MEASURES: Record<Measure, string> = {
  udpMs: 'silence of a UDP flow (10 ms)',
  httpMs: 'until a new HTTP request is answered (one each 50 ms)',
  tcpMs: 'silence of a program that talks over TCP, connecting again included',
  downloadMs: 'until the client of a mere download knows that it is over',
};

interface Sample {
  values: number[];
  /** So many of them are only known to be longer than the value. */
  unended: number;
}

function sample(turns: readonly Turn[], name: string, measure: Measure): Sample {
  const own = turns.filter(({ contender }) => contender === name);
  if (own.length === 0) throw new Error(`nothing was measured of ${name}`);
  return { values: own.map((turn) => turn[measure] ?? turn.waitedMs), unended: own.filter((turn) => turn[measure] === null).length };
}

/** The figures of a whole run: Farwatch beside each rival in each measure, and the promises. */
export function figures(turns: readonly Turn[], failures: readonly Failure[], names: Names): Figure[] {
  const rivals = [...new Set(turns.map(({ contender }) => contender))].filter((name) => name !== names.farwatch);
  const measures = Object.keys(MEASURES) as Measure[];
  return [
    ...promises(turns, names),
    {
      what: 'deaths of the Active VPS that the client did not survive, or before which traffic was moved falsely',
      value: failures.filter(({ contender }) => contender === names.farwatch).length,
      unit: 'trials',
      better: 'lower',
      promise: 0,
    },
    ...measures.flatMap((measure) => rivals.map((rival) => beside(turns, names.farwatch, rival, measure, 'median'))),
    ...rivals.map((rival) => beside(turns, names.farwatch, rival, 'udpMs', 'p99')),
  ];
}

type Statistic = 'median' | 'p99';

function of({ values }: Sample, statistic: Statistic): number {
  return spread(values)?.[statistic] ?? Number.NaN;
}

function beside(turns: readonly Turn[], farwatch: string, rival: string, measure: Measure, statistic: Statistic): Figure {
  const [own, other] = [sample(turns, farwatch, measure), sample(turns, rival, measure)];
  return {
    what: `the Active VPS dies: ${MEASURES[measure]}, ${statistic} of ${own.values.length}${remark(own)}`,
    value: of(own, statistic),
    unit: 'ms',
    better: 'lower',
    peer: { name: `${rival}${remark(other)}`, value: of(other, statistic) },
  };
}

function remark({ values, unended }: Sample): string {
  return unended === 0 ? '' : ` (never, in ${unended} of ${values.length}: counted is how long was waited)`;
}

function promises(turns: readonly Turn[], { farwatch, bfd, script }: Names): Figure[] {
  const own = sample(turns, farwatch, 'udpMs');
  const median = of(own, 'median');
  const silence = `the Active VPS dies: ${MEASURES.udpMs}`;
  return [
    { what: `${silence}, median of ${own.values.length}`, value: median, unit: 'ms', better: 'lower', promise: MEDIAN_MS },
    { what: `${silence}, p99 of ${own.values.length}`, value: of(own, 'p99'), unit: 'ms', better: 'lower', promise: P99_MS },
    {
      what: `${silence}: how many times shorter than with ${script}`,
      value: of(sample(turns, script, 'udpMs'), 'median') / median,
      unit: '×',
      better: 'higher',
      promise: TIMES_SHORTER,
    },
    {
      what: `${silence}: part of that with ${bfd}`,
      value: median / of(sample(turns, bfd, 'udpMs'), 'median'),
      unit: '×',
      better: 'lower',
      promise: PART_OF_BFD,
    },
  ];
}
