import { brief, type Decision, type Directive, isDirective, isHealth, isHold } from './decision.ts';

/*
 * Promises about the decisions of one trace. Each is a sentence and a check; times are seconds of the trace. Those about a site mean the only one, unless
 * they are wrapped in `ofSite`.
 */

export interface Promised {
  says: string;
  /** @returns what was found instead; undefined when the promise is kept */
  broken(decisions: readonly Decision[]): string | undefined;
}

type Weights = Record<string, number>;

const ms = (seconds: number): number => Math.round(seconds * 1000);
const within = (decision: Decision, fromS: number, toS: number): boolean => decision.t >= ms(fromS) && decision.t <= ms(toS);
const listed = (decisions: readonly Decision[]): string => decisions.map(brief).join('; ') || 'nothing';
const sameWeights = (a: Weights, b: Weights): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

function promised(says: string, broken: Promised['broken']): Promised {
  return { says, broken };
}

function directivesIn(decisions: readonly Decision[], fromS: number, toS = Number.MAX_SAFE_INTEGER / 1000): Directive[] {
  return decisions.filter(isDirective).filter((one) => within(one, fromS, toS));
}

/** What the traffic does at that time. */
export function carries(atS: number, weights: Weights): Promised {
  return promised(`at ${atS} s the weights are ${JSON.stringify(weights)}`, (decisions) => {
    const last = directivesIn(decisions, 0, atS).at(-1);
    return last !== undefined && sameWeights(last.weights, weights) ? undefined : listed(last === undefined ? [] : [last]);
  });
}

/** Before the story begins. */
export const startsOn = (weights: Weights, byS = 31): Promised => carries(byS, weights);

export function directives(count: number, fromS: number, toS?: number): Promised {
  return promised(`${count} directives ${toS === undefined ? `from ${fromS} s on` : `between ${fromS} s and ${toS} s`}`, (decisions) => {
    const found = directivesIn(decisions, fromS, toS);
    return found.length === count ? undefined : listed(found);
  });
}

export const nothingMoves = (fromS: number, toS?: number): Promised => directives(0, fromS, toS);

interface Wanted {
  mode?: 'cut' | 'drain';
  blame?: string[];
  why?: RegExp;
}

/** The first directive from `fromS` on: it comes by `toS`, gives those weights, and is what else is asked. */
export function moves(fromS: number, toS: number, weights: Weights, wanted: Wanted = {}): Promised {
  const { mode, blame, why } = wanted;
  const says = `between ${fromS} s and ${toS} s ${mode ?? 'a move'} to ${JSON.stringify(weights)}, ${blame?.join(' or ') ?? 'any blame'}`;
  return promised(says, (decisions) => {
    const [first] = directivesIn(decisions, fromS);
    const kept =
      first !== undefined &&
      within(first, fromS, toS) &&
      sameWeights(first.weights, weights) &&
      (mode === undefined || first.mode === mode) &&
      (blame === undefined || blame.includes(first.blame)) &&
      (why === undefined || why.test(first.why));
    return kept ? undefined : listed(first === undefined ? [] : [first]) + (first === undefined ? '' : `: ${first.why}`);
  });
}

export const cuts = (fromS: number, toS: number, weights: Weights, ...blame: string[]): Promised =>
  moves(fromS, toS, weights, { mode: 'cut', ...(blame.length > 0 ? { blame } : {}) });
export const drains = (fromS: number, toS: number, weights: Weights, ...blame: string[]): Promised =>
  moves(fromS, toS, weights, { mode: 'drain', ...(blame.length > 0 ? { blame } : {}) });

export function holds(blame: string, fromS: number, toS: number): Promised {
  return promised(`a hold with blame ${blame} between ${fromS} s and ${toS} s`, (decisions) => {
    const all = decisions.filter(isHold);
    return all.some((one) => one.blame === blame && within(one, fromS, toS)) ? undefined : listed(all);
  });
}

export function neverHolds(...blames: string[]): Promised {
  return promised(`no hold with blame ${blames.join(' or ')}`, (decisions) => {
    const found = decisions.filter(isHold).filter(({ blame }) => blames.includes(blame));
    return found.length === 0 ? undefined : listed(found);
  });
}

export function becomes(server: string, to: string, fromS: number, toS: number): Promised {
  return promised(`health of ${server} is ${to} between ${fromS} s and ${toS} s`, (decisions) => {
    const all = decisions.filter(isHealth).filter((one) => one.server === server);
    return all.some((one) => one.to === to && within(one, fromS, toS)) ? undefined : listed(all);
  });
}

export const neverBecomes = (server: string, to: string): Promised => neverBecomesAfter(server, to, 0);

export function neverBecomesAfter(server: string, to: string, fromS: number): Promised {
  return promised(`health of ${server} never becomes ${to} from ${fromS} s on`, (decisions) => {
    const found = decisions.filter(isHealth).filter((one) => one.server === server && one.to === to && one.t >= ms(fromS));
    return found.length === 0 ? undefined : listed(found);
  });
}

/** A staged return: from `fromS` on exactly those weights, in order, each once, all drains, at least `soakS` apart, complete by `toS`. */
export function returnsInStages(fromS: number, toS: number, stages: readonly Weights[], soakS = 60): Promised {
  const says = `from ${fromS} s to ${toS} s a return in stages ${stages.map((one) => Object.values(one).join('/')).join(', ')}, ${soakS} s apart`;
  return promised(says, (decisions) => {
    const found = directivesIn(decisions, fromS);
    const kept =
      found.length === stages.length &&
      found.every((one, n) => {
        const before = found[n - 1];
        const apart = before === undefined || one.t - before.t >= ms(soakS);
        return apart && one.mode === 'drain' && one.t <= ms(toS) && sameWeights(one.weights, stages[n] ?? {});
      });
    return kept ? undefined : listed(found);
  });
}

/** The gap between a server's recovery and the first step of its return. */
export function returnStartsAfter(recoveredS: number, atLeastS: number, atMostS: number): Promised {
  return promised(`the return starts ${atLeastS} to ${atMostS} s after ${recoveredS} s`, (decisions) => {
    const [first] = directivesIn(decisions, recoveredS);
    const kept = first !== undefined && within(first, recoveredS + atLeastS, recoveredS + atMostS) && first.mode === 'drain';
    return kept ? undefined : listed(first === undefined ? [] : [first]);
  });
}

/** At no time from `fromS` to `toS` does this server carry anything. */
export function carriesNothing(server: string, fromS: number, toS?: number): Promised {
  return promised(`${server} carries nothing from ${fromS} s on`, (decisions) => {
    const before = directivesIn(decisions, 0, fromS).slice(-1);
    const found = [...before, ...directivesIn(decisions, fromS, toS)].filter(({ weights }) => (weights[server] ?? 0) > 0);
    return found.length === 0 ? undefined : listed(found);
  });
}

export function epochAbove(epoch: number, fromS: number): Promised {
  return promised(`epochs from ${fromS} s on are above ${epoch}`, (decisions) => {
    const found = directivesIn(decisions, fromS);
    return found.length > 0 && found.every((one) => one.epoch > epoch) ? undefined : listed(found);
  });
}

/** The promise, about one site of several. */
export function ofSite(site: string, { says, broken }: Promised): Promised {
  return promised(`${site}: ${says}`, (decisions) => broken(decisions.filter((one) => !('site' in one) || one.site === site)));
}
