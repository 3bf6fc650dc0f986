import { Replay } from '../../../worker/engine/replay.ts';
import type { Effect, Rules } from '../../../worker/engine/step.ts';
import type { SiteRules, SiteServer } from '../../../worker/engine/types.ts';
import { type Evidence, evidenceOf } from './scenario-world.ts';

/*
 * Reads a scenario text and runs it through the whole judge. A scenario is
 *
 *     # title
 *     servers a 200 50, b 100         priority and weight, in the site's order; default a 200, b 100
 *     vantages weur, enam             default weur, enam, apac
 *     wans dsl, lte                   every router has these; default one without a name
 *     checks a critical optional      a server's checks; default one, critical
 *     rules preempt=false …           keys of the fleet file's [[site]], durations in seconds
 *     site home a, b                  the sites, if not one with all servers; controls are of the first
 *     show epochs                     directives end with their epoch
 *     10 a outside down               seconds, then what happens:
 *                                       SERVER dies | returns | outside down | outside up | inside down | inside up
 *                                       SERVER#CHECK outside … · SERVER@WAN inside … · agent silent | back
 *                                       VANTAGE blind | mute | late | lies up | lies down | sees
 *                                       pin SERVER [until SECONDS] · unpin · drill · resign SERVER · poll EPOCH · report SERVER alive | dead
 *                                       maintenance SERVER [until SECONDS] · maintenance-end SERVER
 *     400 end
 *     =>
 *     121.8 cut b 0/100 path-down     the decisions: directives, holds, and health lines after the first round
 */

const INTERVAL_MS = 10_000;

export interface Scenario {
  title: string;
  rules: Rules;
  evidence: readonly Evidence[];
  effects: readonly Effect[];
  expected: string[];
  actual: string[];
}

export function runScenario(text: string): Scenario {
  const [story = '', expectation = ''] = text.split(/^=>\s*$/m);
  const header = new Header(story);
  const rules = rulesOf(header);
  const lines = header.lines
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(/\s+/))
    .map(([seconds = '0', ...words]) => ({ t: Math.round(Number(seconds) * 1000), words }));
  const endMs = Math.max(0, ...lines.map(({ t }) => t));
  const happens = lines.filter(({ words }) => words[0] !== 'end');
  const evidence = evidenceOf(happens, rules, listOf(header.of('wans') ?? ''), endMs);
  const effects = judge(rules, evidence);
  const describe = teller(rules, header.of('show') === 'epochs');
  return {
    title: header.lines[0]?.replace(/^#\s*/, '') ?? '',
    rules,
    evidence,
    effects,
    expected: linesOf(expectation.replaceAll(/#.*/g, '')),
    actual: effects.flatMap(describe),
  };
}

/** All decisions on this evidence. */
export function judge(rules: Rules, evidence: readonly Evidence[]): Effect[] {
  const effects: Effect[] = [];
  const replay = new Replay(rules, (effect) => effects.push(effect));
  for (const { t, event } of evidence) replay.feed(t, event);
  replay.end();
  return effects;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

/** The lines before the story that set the scene. */
class Header {
  readonly lines: string[];

  constructor(story: string) {
    this.lines = linesOf(story);
  }

  all(word: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  }

  of(word: string): string | undefined {
    return this.all(word)[0];
  }
}

function rulesOf(header: Header): Rules {
  const servers: SiteServer[] = listOf(header.of('servers') ?? 'a 200, b 100').map((part) => {
    const [id = '', priority = '100', weight = '100'] = part.split(/\s+/);
    return { id, priority: Number(priority), weight: Number(weight) };
  });
  const checks = new Map(
    header
      .all('checks')
      .map((line) => line.split(/\s+/))
      .map(([id = '', ...kinds]) => [id, kinds]),
  );
  const sites = header.all('site').map((line) => {
    const [id = ''] = line.split(/\s+/);
    const ids = listOf(line.slice(id.length));
    return siteRules(
      header,
      id,
      ids.flatMap((name) => servers.filter((server) => server.id === name)),
    );
  });
  return {
    probing: { intervalMs: INTERVAL_MS, timeoutMs: 2000, fall: 3, rise: 3 },
    vantages: listOf(header.of('vantages') ?? 'weur, enam, apac'),
    servers: Object.fromEntries(
      servers.map(({ id }) => [id, { critical: (checks.get(id) ?? ['critical']).map((kind) => kind === 'critical') }]),
    ),
    sites: sites.length > 0 ? sites : [siteRules(header, 'home', servers)],
  };
}

function siteRules(header: Header, id: string, servers: readonly SiteServer[]): SiteRules {
  const words = (header.of('rules') ?? '').split(/\s+/).filter((word) => word !== '');
  const given = new Map(words.map((word) => word.split('=') as [string, string]));
  const ms = (key: string, seconds: number): number => Number(given.get(key) ?? seconds) * 1000;
  return {
    id,
    servers,
    policy: given.get('policy') === 'weighted' ? 'weighted' : 'priority',
    preempt: given.get('preempt') !== 'false',
    preemptDelayMs: ms('preempt_delay_s', 60),
    failbackStages: (given.get('failback_stages') ?? '10,50,100').split(',').map(Number),
    stageSoakMs: ms('stage_soak_s', 60),
    trustOutside: given.get('trust_outside') === 'true',
    leaseMs: ms('lease_s', 180),
    intervalMs: INTERVAL_MS,
    damping: { halfLifeMs: ms('half_life_s', 300), maxMs: ms('max_s', 900) },
    drillDurationMs: ms('duration_s', 60),
  };
}

/** Writes a decision as scenarios do; health lines of the first round are left out. */
function teller(rules: Rules, showEpochs: boolean): (effect: Effect) => string[] {
  return (effect) => {
    const at = (effect.t / 1000).toFixed(1);
    if (effect.type === 'health')
      return effect.from === 'unknown' && effect.t < INTERVAL_MS ? [] : [`${at} health ${effect.server} ${effect.to}`];
    const where = rules.sites.length > 1 ? `${at} ${effect.site}` : at;
    if (effect.type === 'hold') return [`${where} hold ${effect.blame}`];
    const weights = Object.values(effect.weights).join('/');
    return [`${where} ${effect.mode} ${effect.active} ${weights} ${effect.blame}${showEpochs ? ` epoch ${effect.epoch}` : ''}`];
  };
}
