import { Replay } from '../../../worker/engine/replay.ts';
import type { Effect, Event, Rules } from '../../../worker/engine/step.ts';
import type { SiteRules } from '../../../worker/engine/types.ts';

/*
 * Reads a scenario text and runs it through the whole judge. A scenario is
 *
 *     # title
 *     servers a 200, b 100            priorities, in the site's order
 *     rules preempt=false …           keys of SiteRules, durations in seconds as in the fleet file
 *     10 a outside down               seconds, then what changes (see `change`)
 *     400 end
 *     =>
 *     121.8 cut b 0/100 path-down     the decisions: directives, holds, and health lines after the first round
 *
 * Three vantages probe each server every 10 s (each second while they disagree with their last result), their rounds staggered; the router reports
 * all paths each second and within 0.6 s of a change.
 */

const VANTAGES = ['weur', 'enam', 'apac'] as const;
const INTERVAL_MS = 10_000;
const DETECT_MS = 600;

interface World {
  outside: Record<string, boolean>;
  inside: Record<string, boolean>;
  blind: Set<string>;
  agent: boolean;
}

interface Step {
  t: number;
  order: number;
  run: () => void;
}

export interface Scenario {
  title: string;
  expected: string[];
  actual: string[];
}

export function runScenario(text: string): Scenario {
  const [story = '', expectation = ''] = text.split(/^=>\s*$/m);
  const lines = story
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const title = lines[0]?.replace(/^#\s*/, '') ?? '';
  const rules = rulesOf(lines);
  const expected = expectation
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  return {
    title,
    expected,
    actual: play(
      lines.filter((line) => /^\d/.test(line)),
      rules,
    ),
  };
}

function rulesOf(lines: readonly string[]): Rules {
  const named = (lines.find((line) => line.startsWith('servers ')) ?? 'servers a 200, b 100').slice('servers '.length);
  const servers = named.split(',').map((part) => {
    const [id = '', priority = '100', weight = '100'] = part.trim().split(/\s+/);
    return { id, priority: Number(priority), weight: Number(weight) };
  });
  const given = Object.fromEntries(
    (lines.find((line) => line.startsWith('rules ')) ?? 'rules ')
      .slice('rules '.length)
      .split(/\s+/)
      .filter((part) => part !== '')
      .map((part) => part.split('=') as [string, string]),
  );
  const site: SiteRules = {
    id: 'home',
    servers,
    policy: given.policy === 'weighted' ? 'weighted' : 'priority',
    preempt: given.preempt !== 'false',
    preemptDelayMs: Number(given.preempt_delay_s ?? 60) * 1000,
    failbackStages: [10, 50, 100],
    stageSoakMs: Number(given.stage_soak_s ?? 60) * 1000,
    trustOutside: given.trust_outside === 'true',
    leaseMs: Number(given.lease_s ?? 180) * 1000,
    intervalMs: INTERVAL_MS,
    damping: { halfLifeMs: 300_000, maxMs: 900_000 },
    drillDurationMs: 60_000,
  };
  return {
    probing: { intervalMs: INTERVAL_MS, timeoutMs: 2000, fall: 3, rise: 3 },
    vantages: [...VANTAGES],
    servers: Object.fromEntries(servers.map(({ id }) => [id, { critical: [true] }])),
    sites: [site],
  };
}

function play(lines: readonly string[], rules: Rules): string[] {
  const servers = Object.keys(rules.servers);
  const all = (value: boolean): Record<string, boolean> => Object.fromEntries(servers.map((id) => [id, value]));
  const world: World = { outside: all(true), inside: all(true), blind: new Set(), agent: true };
  const actual: string[] = [];
  const replay = new Replay(rules, (effect) => {
    const line = describe(effect);
    if (line !== null) actual.push(line);
  });
  const queue: Step[] = [];
  let order = 0;
  const at = (t: number, run: () => void): void => {
    queue.push({ t, order: order++, run });
  };
  let t = 0;
  const feed = (event: Event): void => replay.feed(t, event);
  const report = (): void => {
    if (!world.agent) return;
    for (const server of servers) feed({ type: 'path', site: 'home', server, alive: world.inside[server] === true, rttMs: 40 });
    feed({ type: 'poll', site: 'home', applied: 0 });
  };
  const everySecond = (): void => {
    report();
    at(t + 1000, everySecond);
  };
  at(0, everySecond);
  VANTAGES.forEach((vantage, v) => {
    servers.forEach((server, s) => {
      let streak = 3;
      const probe = (): void => {
        const ok = world.outside[server] === true && !world.blind.has(vantage);
        feed({ type: 'witness', vantage, ok: !world.blind.has(vantage) });
        feed({ type: 'probe', vantage, server, check: 0, ok, reason: ok ? undefined : 'timeout', ms: ok ? 20 : 2000 });
        streak = streak > 0 === ok ? streak + (ok ? 1 : -1) : ok ? 1 : -1;
        at(t + (Math.abs(streak) < 3 ? 1000 : INTERVAL_MS), probe);
      };
      at(Math.round((v * INTERVAL_MS) / VANTAGES.length) + 20 + 10 * s, probe);
    });
  });
  let end = 0;
  for (const line of lines) {
    const [seconds = '0', ...words] = line.split(/\s+/);
    const when = Math.round(Number(seconds) * 1000);
    end = Math.max(end, when);
    if (words[0] !== 'end')
      at(when, () => {
        const controls = change(world, words);
        for (const control of controls) feed(control);
        if (controls.length === 0) at(t + DETECT_MS, report);
      });
  }
  for (;;) {
    queue.sort((a, b) => a.t - b.t || a.order - b.order);
    const next = queue.shift();
    if (next === undefined || next.t > end) break;
    t = next.t;
    next.run();
  }
  replay.feed(end, { type: 'end' });
  replay.end();
  return actual;
}

/** Applies one line to the world; controls come back as events. */
function change(world: World, words: readonly string[]): Event[] {
  const [subject = '', verb = '', object = '', value = ''] = words;
  const until = value === '' ? undefined : Math.round(Number(value) * 1000);
  switch (subject) {
    case 'pin':
      return [{ type: 'pin', site: 'home', server: verb, until }];
    case 'unpin':
      return [{ type: 'unpin', site: 'home' }];
    case 'drill':
      return [{ type: 'drill', site: 'home' }];
    case 'resign':
      return [{ type: 'resign', server: verb }];
    case 'maintenance':
      return [{ type: 'maintenance', server: verb, until }];
    case 'agent':
      world.agent = verb === 'back';
      return [];
  }
  if (verb === 'blind') world.blind.add(subject);
  else if (verb === 'sees') world.blind.delete(subject);
  else if (verb === 'dies' || verb === 'returns') world.outside[subject] = world.inside[subject] = verb === 'returns';
  else if (verb === 'outside' || verb === 'inside') world[verb][subject] = object === 'up';
  else throw new Error(`scenario: "${words.join(' ')}" is not understood`);
  return [];
}

function describe(effect: Effect): string | null {
  const at = (effect.t / 1000).toFixed(1);
  if (effect.type === 'health')
    return effect.from === 'unknown' && effect.t < INTERVAL_MS ? null : `${at} health ${effect.server} ${effect.to}`;
  if (effect.type === 'hold') return `${at} hold ${effect.blame}`;
  return `${at} ${effect.mode} ${effect.active} ${Object.values(effect.weights).join('/')} ${effect.blame}`;
}
