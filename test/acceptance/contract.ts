import { BLAMES, type Decision, type Directive, HEALTHS, type Hold, isDirective, isHealth, isHold } from './decision.ts';
import type { Fleet } from './fleet.ts';

/*
 * What holds of every output, whatever the story: the shape of the lines, and the promises that INTERFACE.md makes about all of them.
 */

const KEYS = {
  health: ['t', 'type', 'server', 'from', 'to', 'why'],
  directive: ['t', 'type', 'site', 'epoch', 'mode', 'active', 'weights', 'blame', 'why'],
  hold: ['t', 'type', 'site', 'blame', 'why'],
};

/** Every breach of the contract, in words; none: the output is well formed. */
export function breaches(fleet: Fleet, decisions: readonly Decision[]): string[] {
  const found = decisions.flatMap((decision, n) => [
    ...shape(decision).map((what) => `line ${n + 1}: ${what}`),
    ...(n > 0 && decision.t < (decisions[n - 1]?.t ?? 0) ? [`line ${n + 1}: t falls`] : []),
  ]);
  const perServer = fleet.server.flatMap(({ id }) => healthChain(id, decisions));
  const perSite = fleet.site.flatMap(({ id, servers }) => siteChain(id, servers, decisions));
  return [...found, ...perServer, ...perSite];
}

function shape(decision: Decision): string[] {
  const keys = KEYS[decision.type];
  if (keys === undefined) return [`unknown type ${String(decision.type)}`];
  const missing = keys.filter((key) => !(key in decision)).map((key) => `${key} is missing`);
  const bad = [
    ...(Number.isSafeInteger(decision.t) && decision.t >= 0 ? [] : ['t is no time']),
    ...(isSentence(decision.why) ? [] : [`why is not one sentence: ${JSON.stringify(decision.why)}`]),
    ...('blame' in decision && !BLAMES.includes(decision.blame) ? [`unknown blame ${decision.blame}`] : []),
    ...(isHealth(decision) && !(HEALTHS.includes(decision.from) && HEALTHS.includes(decision.to)) ? ['unknown health'] : []),
    ...(isDirective(decision) && !['cut', 'drain'].includes(decision.mode) ? ['unknown mode'] : []),
  ];
  return [...missing, ...bad];
}

/** One line of words that says something, without what a template leaves behind. */
function isSentence(why: string): boolean {
  return typeof why === 'string' && why.length >= 15 && why.length < 400 && !/[\n\r]|undefined|NaN|null|\[object|Infinity|\b-\d/.test(why);
}

function healthChain(server: string, decisions: readonly Decision[]): string[] {
  let last = 'unknown';
  return decisions
    .filter(isHealth)
    .filter((one) => one.server === server)
    .flatMap(({ t, from, to }) => {
      const wrong = from !== last || from === to ? [`health of ${server} at ${t}: from ${from} to ${to} after ${last}`] : [];
      last = to;
      return wrong;
    });
}

function siteChain(site: string, servers: readonly string[], decisions: readonly Decision[]): string[] {
  const directives = decisions.filter(isDirective).filter((one) => one.site === site);
  const holds = decisions.filter(isHold).filter((one) => one.site === site && !REFUSALS.includes(one.blame));
  return [
    ...directives.flatMap((one) => weightsOf(one, servers)),
    ...directives.flatMap((one, n) => changeOf(directives[n - 1], one)),
    ...holds.flatMap((one, n) => repeats(one, holds[n - 1], directives)),
  ].map((what) => `${site}: ${what}`);
}

function weightsOf({ t, weights, active }: Directive, servers: readonly string[]): string[] {
  const values = Object.values(weights);
  const sum = values.reduce((total, one) => total + one, 0);
  return [
    ...(Object.keys(weights).sort().join() === [...servers].sort().join() ? [] : [`weights at ${t} do not name all servers`]),
    ...(values.every((one) => Number.isInteger(one) && one >= 0 && one <= 100) ? [] : [`a weight at ${t} is no percent`]),
    ...(sum === 100 ? [] : [`weights at ${t} sum to ${sum}`]),
    ...(weights[active] === Math.max(...values) ? [] : [`active at ${t} is not the one with the most`]),
  ];
}

function changeOf(before: Directive | undefined, after: Directive): string[] {
  if (before === undefined) return after.epoch >= 1 ? [] : ['the first epoch is below 1'];
  const same = before.active === after.active && JSON.stringify(before.weights) === JSON.stringify(after.weights);
  return [
    ...(after.epoch > before.epoch ? [] : [`the epoch at ${after.t} does not rise`]),
    ...(same ? [`the directive at ${after.t} changes nothing`] : []),
  ];
}

/** Refusals of what people asked for: each is an answer, and does not change what is held. */
const REFUSALS = ['pin', 'drill'];

/** A hold comes only when its blame changes; one that a directive ended may come again with the next. */
function repeats(hold: Hold, before: Hold | undefined, directives: readonly Directive[]): string[] {
  if (before === undefined || before.blame !== hold.blame || directives.some(({ t }) => t >= before.t && t <= hold.t)) return [];
  return [`the hold at ${hold.t} repeats its blame`];
}
