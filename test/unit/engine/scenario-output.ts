import type { Effect, Rules } from '../../../worker/engine/step.ts';
import type { DirectiveEffect, HealthChange, HoldEffect } from '../../../worker/engine/types.ts';
import { BLAMES, HEALTHS } from '../../../worker/protocol/health.ts';

/*
 * What every output of the judge keeps, whatever the story: the contract of `replay` (INTERFACE, "decisions out").
 */

const CUTS: readonly string[] = ['server-down', 'path-down', 'site-unseen', 'outside-only'];
const DRAINS: readonly string[] = ['pin', 'drill', 'maintenance', 'preempt', 'stage', 'weights'];

/** Everything that is wrong with these decisions, a sentence each; none: they are valid. */
export function faultsOf(rules: Rules, effects: readonly Effect[]): string[] {
  const faults: string[] = [];
  const last = new Map<string, Effect>();
  let t = 0;
  for (const effect of effects) {
    const key = `${effect.type} ${effect.type === 'health' ? effect.server : effect.site}`;
    const before = last.get(key);
    const found = [
      effect.t >= t ? null : 't falls',
      /^\S.*\S$/.test(effect.why) && !/undefined|NaN|Infinity|\[object/.test(effect.why) ? null : 'the why is no sentence',
      ...faultsByType(rules, effect, before),
    ];
    for (const fault of found) if (fault !== null) faults.push(`${fault}: ${JSON.stringify(effect)}`);
    t = effect.t;
    last.set(key, effect);
  }
  return faults;
}

function faultsByType(rules: Rules, effect: Effect, before: Effect | undefined): (string | null)[] {
  if (effect.type === 'health') return healthFaults(effect, before as HealthChange | undefined);
  if (effect.type === 'hold') return holdFaults(effect, before as HoldEffect | undefined);
  return directiveFaults(rules, effect, before as DirectiveEffect | undefined);
}

function healthFaults(effect: HealthChange, before: HealthChange | undefined): (string | null)[] {
  return [
    HEALTHS.includes(effect.to) && effect.to !== effect.from ? null : 'no change of health',
    effect.from === (before?.to ?? 'unknown') ? null : 'health does not go on from where it was',
  ];
}

/** A refused control is told each time that somebody asks. */
function holdFaults(effect: HoldEffect, before: HoldEffect | undefined): (string | null)[] {
  const refusal = effect.blame === 'pin' || effect.blame === 'drill';
  return [
    BLAMES.includes(effect.blame) ? null : 'unknown blame',
    refusal || effect.blame !== (before?.blame ?? 'none') ? null : 'a hold repeats its blame',
  ];
}

function directiveFaults(rules: Rules, effect: DirectiveEffect, before: DirectiveEffect | undefined): (string | null)[] {
  const ids = rules.sites.find(({ id }) => id === effect.site)?.servers.map(({ id }) => id) ?? [];
  const weights = Object.values(effect.weights);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const same = (other: DirectiveEffect): boolean =>
    other.active === effect.active && ids.every((id) => other.weights[id] === effect.weights[id]);
  return [
    effect.epoch > (before?.epoch ?? 0) ? null : 'the epoch does not rise',
    JSON.stringify(Object.keys(effect.weights).sort()) === JSON.stringify([...ids].sort()) ? null : 'weights do not name the servers',
    sum === 100 && weights.every((weight) => Number.isInteger(weight) && weight >= 0) ? null : 'weights do not sum to 100',
    effect.weights[effect.active] === Math.max(...weights) ? null : 'the Active has not the most',
    BLAMES.includes(effect.blame) && (before !== undefined || effect.blame === 'none') ? null : 'wrong blame',
    CUTS.includes(effect.blame) && effect.mode !== 'cut' ? 'should cut' : null,
    DRAINS.includes(effect.blame) && effect.mode !== 'drain' ? 'should drain' : null,
    before !== undefined && same(before) ? 'a directive changes nothing' : null,
  ];
}
