/** A deliberately broken engine: one text of one file replaced. `find` stands exactly once in the file. */
export interface Mutant {
  /** What it breaks, as one sentence. */
  breaks: string;
  file: string;
  find: string;
  replace: string;
  /** The simulator has to catch it in this world: no test of the judge alone can see it. */
  world?: World;
}

/** Simulated worlds, as arguments: each has the rare story that some mutants need. */
export const WORLDS = {
  flapping: '--seed 17 --hours 13 --sites 8 --servers 2 --vantages 2',
  slow: '--seed 5 --hours 6 --sites 16 --servers 4 --vantages 3',
} as const;
export type World = keyof typeof WORLDS;

const ENGINE = 'worker/engine';

const vantage = (breaks: string, find: string, replace: string): Mutant => ({ breaks, file: `${ENGINE}/vantage.ts`, find, replace });
const fleet = (breaks: string, find: string, replace: string): Mutant => ({ breaks, file: `${ENGINE}/fleet.ts`, find, replace });
const standing = (breaks: string, find: string, replace: string): Mutant => ({ breaks, file: `${ENGINE}/standing.ts`, find, replace });
const failback = (breaks: string, find: string, replace: string): Mutant => ({ breaks, file: `${ENGINE}/failback.ts`, find, replace });
const inFile = (name: string, breaks: string, find: string, replace: string): Mutant => ({
  breaks,
  file: `${ENGINE}/${name}.ts`,
  find,
  replace,
});

/** Outside the judge: what the objects, the router and the wire make of it. */
const inWorld = (world: World, file: string, breaks: string, find: string, replace: string): Mutant => ({
  breaks,
  file,
  find,
  replace,
  world,
});

export const MUTANTS: readonly Mutant[] = [
  vantage('one failure makes a check down', '-check.streak >= rules.fall', '-check.streak >= 1'),
  vantage('one success makes a check up again', 'check.streak >= rules.rise', 'check.streak >= 1'),
  vantage('a late observer is believed', 'sight.ms > LATE_AFTER_TIMEOUTS * rules.timeoutMs', 'false'),
  vantage('the same evidence counts twice', 'if (known?.t === t) return sameFailure(known, sight.ok, sight.reason);', ''),
  vantage('failures on the way into blindness survive it', 'if (!ok) state.servers = {};', ''),
  vantage('a check that is not critical vetoes', 'if (!checks.critical[i]) continue;', ''),
  fleet('one vantage that says down decides', "return up > down ? 'up' : 'down';", "return down > 0 ? 'down' : 'up';"),
  fleet('a tie is down', 'if (up === down) return server.verdict;', ''),
  fleet('votes never expire', ' && t < vote.t + ttlMs', ''),
  fleet('blind vantages vote', 'return vote.sighted && ', 'return '),
  fleet('maintenance never ends by itself', 'if (until !== null && until <= t) server.maintenance = null;', ''),
  standing('a target that is not proven good takes over', 'candidate.aliveT > leaving.aliveT', 'true'),
  standing('the outside alone cuts', "&& inside === 'alive' && rules.trustOutside", "&& inside === 'alive'"),
  standing('the lowest priority wins', 'rank(b) - rank(a)', 'rank(a) - rank(b)'),
  standing('traffic returns to a server that is down outside', "state.health === 'up' && inside === 'alive'", "inside === 'alive'"),
  standing('what the router said once is true for ever', 'if (t >= path.t + leaseMs) continue;', ''),
  standing('a resigned server keeps its place', "if (state.resigned !== null) return 'resigned';", ''),
  standing('a latched path is believed alive', ' && !state.latched && !state.poor', ' && !state.poor'),
  standing('of servers that all look down the first loses its place', 't >= (downForSureMs(state) ?? t)', 'true'),
  standing(
    'a dead path of a silent outside is left only when the outside agrees',
    "inside === 'dead' || state.latched",
    "state.health === 'down'",
  ),
  failback('there is no hold-down', 'state.fitMs + state.holdDownMs', 'state.fitMs'),
  failback('there is no soak', 'Math.max(state.stageMs, state.fitMs) + rules.stageSoakMs', 'Math.max(state.stageMs, state.fitMs)'),
  failback(
    'traffic returns all at once',
    '(rules.stageSoakMs === 0 ? undefined : rules.failbackStages.find((stage) => stage > from)) ?? 100',
    '100',
  ),
  failback(
    'preempt = false is ignored',
    'if (!rules.preempt) return others.length > 0 && (server.state.displaced || server.state.ramp > 0);',
    '',
  ),
  failback('active-active, the next one returns while the last stage of the one before soaks', "rules.policy !== 'weighted'", 'true'),
  inFile('damping', 'a flap costs nothing', ' + PENALTY_PER_FLAP, t }', ', t }'),
  inFile('damping', 'the hold-down has no cap', 'Math.min(grown, maxMs)', 'grown'),
  inFile('damping', 'the penalty never decays', 'penalty.value * 2 ** (-(t - penalty.t) / halfLifeMs)', 'penalty.value'),
  inFile(
    'site',
    'an epoch is issued that the router has left behind',
    'site.epoch = Math.max(site.epoch, site.applied) + 1;',
    'site.epoch += 1;',
  ),
  inFile(
    'site',
    'a directive is said again although nothing changed',
    'if (site.active === active && sameWeights(site.weights, weights)) return;',
    '',
  ),
  inFile('site', 'of two lines about one path the last one counts', 'const again = known.t === t;', 'const again = false;'),
  inFile('override', 'a pin to a dead path is accepted', "if (server.inside === 'dead') return", 'if (false) return'),
  inFile('override', 'a pin begins with a failover from it', "if (blame === null || blame === 'weights' ||", 'if (true ||'),
  inFile(
    'failover',
    'a stage that ends hands everything to an idle server',
    'const heir = heirOf(site, able, rules) ?? best;',
    'const heir = best;',
  ),
  inFile('failover', 'of two that have to leave neither takes over', 'stayers.length > 0 ? stayers : able', 'stayers'),
  inFile('hold', 'active-active, only one is looked at', 'server !== active && carries(site, server)', 'false'),
  inFile('override', 'a drill goes to a server in its hold-down', '!returnsByItself(server, active, rules)', 'true'),
  inFile('upkeep', 'what people took is owed for ever', 'if (state.ramp === 100) state.displaced = false;', ''),
  vantage('a check that cannot be made keeps its server unknown', 'if (check?.reason === UNSUPPORTED) continue;', ''),
  inFile('override', 'a control that is there twice is taken twice', '.filter((event, n) => !same(controls[n - 1], event))', ''),
  inFile('override', 'a pin never expires', 'if (untilMs !== null && t >= untilMs) site.override = null;', ''),
  inFile(
    'override',
    'a pin outlives its server in the fleet file',
    'if (site.override !== null && site.servers[site.override.server] === undefined) site.override = null;',
    '',
  ),
  inFile('upkeep', 'a resignation lasts for ever', 'back || t >= server.resigned.t + RESIGN_LAPSES_AFTER_MS', 'false'),
  inFile('cold-start', 'a cold start waits for nobody', 'if (!judged && t < dueMs) return null;', ''),
  inFile('allocate', 'rounding loses traffic', 'floors[i] = (floors[i] ?? 0) + 1;', ''),
  inFile('hold', 'a dead uplink is kept secret', "if (alive.length === 0) return { blame: 'uplink-down', why: why.uplinkDown(all) };", ''),
  inFile(
    'hold',
    'a doubtful monitor is believed',
    "if (allDown) return { blame: 'monitor-doubtful'",
    "if (false) return { blame: 'monitor-doubtful'",
  ),
  inFile(
    'quality',
    'small changes of quality move traffic',
    'value <= Math.max(0, than - Math.max(margin, ratio * than))',
    'value <= than',
  ),
  inFile('standing', 'a bad path is left for a flapping one', 't >= (restedMs(other.state) ?? t)', 'true'),
  inFile('quality', 'one bad reading is enough', 't < server.turningMs + quality.windowMs', 'false'),
  inFile('drill', 'a drill goes on although it is worse', 'if ((worst.loss ?? 0) > (before.loss ?? 0) + LOSS_MARGIN)', 'if (false)'),
  inFile('reshape', 'traffic stays with a server that left the fleet file', 'if (orphaned) {', 'if (false) {'),
  inFile('reshape', 'a changed fleet file gives more to the dead', 'gains(site, server, wanted) && !isAble(site, server)', 'false'),
  inFile('vrrp', 'the skew prefers low priorities', '(PRIORITY_STEPS - priority) * intervalUs', 'priority * intervalUs'),
  inWorld(
    'flapping',
    'worker/objects/site-turn.ts',
    'a cut that crossed its directive stays latched for ever',
    'return isAgreed && report.seq > directive.basis ?',
    'return false ?',
  ),
  inWorld('slow', 'worker/objects/fleet-store.ts', 'a restart brings expired votes back', 't: wasBelieved ? nowMs : vote.t', 't: nowMs'),
  inWorld(
    'flapping',
    'worker/objects/site-roster.ts',
    'two agents of one site take turns',
    'return place >= 0 && place < agents.indexOf(speaker.instance);',
    'return false;',
  ),
  inWorld(
    'flapping',
    'router-agent/life.ts',
    'a router fails back by itself',
    'alive[server] !== false && !latched.has(server));',
    'alive[server] !== false);',
  ),
  inWorld('flapping', 'router-agent/life.ts', 'a cut moves flows that drain on a living path', '=== 0 && hadFlows(server);', '=== 0;'),
];
