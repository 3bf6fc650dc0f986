import { checkSpecs, probing } from '../fleet-file/rules.ts';
import type { Fleet, Vantage } from '../fleet-file/schema.ts';
import {
  HEARD_PRECISION_MS,
  HELD_ALARM_MS,
  HISTORY_PRECISION_MS,
  LAST_USED_PRECISION_MS,
  MAX_HOLD_MS,
  SPENDING_PRECISION_MS,
} from '../objects/cadence.ts';
import type { Assumptions } from './assumptions.ts';
import { roundMs, type Scenario } from './round.ts';
import { shardsOf } from './shards.ts';
import { gbSeconds, NOTHING, sum, times, type Usage } from './usage.ts';

/*
 * A day of each part of Farwatch, as its code really works. Change how often an object writes, calls or wakes, and the number belongs here too:
 * test/worker/budget.test.ts meters the code and compares.
 */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const CRON_MS = 60_000;
/** An object that is idle for so long is put to sleep; what comes next reads its rows again. */
const SLEEPS_AFTER_MS = 10_000;
/** Twenty messages of a WebSocket are one request. */
const MESSAGE = 1 / 20;

/** Rows that an object reads when it wakes, beside those that grow with the fleet. */
const WAKE_ROWS = { fleet: 10, vantage: 4, site: 22 } as const;

const MB = 1_000_000;
/** An empty SQLite database. */
const EMPTY_MB = 0.012;
/** Upper bounds of what is kept (fleet-versions.ts, fleet-history.ts), in bytes a row. */
const KEPT = {
  versions: 100,
  entries: 1000,
  entryBytes: 600,
  incidents: 500,
  incidentBytes: 500,
  siteBytes: 20_000,
  rollups: 592,
} as const;

/** One vantage: every object of it. */
function vantageDay(fleet: Fleet, vantage: Vantage, scenario: Scenario, assume: Assumptions): Usage {
  return sum(shardsOf(fleet).map((servers) => shardDay(fleet, vantage, servers, scenario, assume)));
}

/** One object of a vantage: an alarm a round, the next one set, and what it saw told to the Fleet. */
function shardDay(fleet: Fleet, vantage: Vantage, servers: readonly string[], scenario: Scenario, assume: Assumptions): Usage {
  const mine = fleet.server.filter(({ id }) => servers.includes(id));
  const { roundMs: takesMs, rounds, periodMs } = cadence(fleet, mine, vantage, scenario, assume);
  const wakes = periodMs - takesMs > SLEEPS_AFTER_MS ? rounds : 0;
  const heard = DAY_MS / (periodMs * Math.ceil(HEARD_PRECISION_MS / periodMs));
  return {
    ...NOTHING,
    doRequests: 2 * rounds,
    gbSeconds: gbSeconds(rounds * (takesMs + assume.workMs)),
    rowsWritten: rounds + heard,
    rowsRead: wakes * WAKE_ROWS.vantage,
    storageMb: EMPTY_MB + (2 * JSON.stringify(mine).length) / MB,
  };
}

/** Rounds never overlap: one that takes longer than the interval is followed at once by the next. */
function cadence(fleet: Fleet, servers: Fleet['server'], vantage: Vantage, scenario: Scenario, assume: Assumptions) {
  const { intervalMs, timeoutMs } = probing(fleet);
  const takesMs = roundMs(servers.flatMap(checkSpecs), vantage.witnesses.length, timeoutMs, scenario, assume);
  const periodMs = Math.max(intervalMs, takesMs);
  return { roundMs: takesMs, periodMs, rounds: DAY_MS / periodMs };
}

/** Cron's watchdog, and what the Fleet object reads when it has slept and keeps of the past. */
function watchdogDay(fleet: Fleet, assume: Assumptions): Usage {
  const calls = DAY_MS / CRON_MS;
  const objects = fleet.vantage.length * shardsOf(fleet).length;
  const votes = (objects * DAY_MS) / probing(fleet).intervalMs;
  const sleeps = DAY_MS / (votes + calls) > SLEEPS_AFTER_MS;
  const wakeRows = WAKE_ROWS.fleet + fleet.server.length + objects + fleet.site.length;
  const keptBytes = KEPT.versions * JSON.stringify(fleet).length + KEPT.entries * KEPT.entryBytes + KEPT.incidents * KEPT.incidentBytes;
  const archive = archiveDay(fleet);
  return {
    ...NOTHING,
    workerRequests: calls,
    doRequests: calls,
    gbSeconds: gbSeconds(calls * assume.workMs),
    rowsWritten: (fleet.fleet.plan === 'free' ? DAY_MS / SPENDING_PRECISION_MS : 0) + archive.rowsWritten,
    rowsRead: sleeps ? (votes + calls) * wakeRows : 0,
    storageMb: EMPTY_MB + keptBytes / MB + archive.storageMb,
  };
}

/** The servers' past: what is under way is a row, every hour and day of a server is one, in rings. */
function archiveDay(fleet: Fleet): Pick<Usage, 'rowsWritten' | 'storageMb'> {
  const rowBytes = 100 + fleet.vantage.length * 80;
  const ended = fleet.vantage.length === 0 ? 0 : fleet.server.length * (DAY_MS / HOUR_MS + 1);
  return { rowsWritten: DAY_MS / HISTORY_PRECISION_MS + ended, storageMb: (fleet.server.length * KEPT.rollups * rowBytes) / MB };
}

/** One router's polls: each is a socket, a report and a close; the object sleeps while it waits. */
export function siteDay(assume: Assumptions): Usage {
  const polls = DAY_MS / (MAX_HOLD_MS + assume.pollGapMs);
  const alarms = DAY_MS / HELD_ALARM_MS;
  const echoes = assume.echoesPerSite;
  return {
    workerRequests: polls + echoes,
    doRequests: polls * (1 + 2 * MESSAGE) + alarms + echoes,
    gbSeconds: gbSeconds((3 * polls + alarms + echoes) * assume.workMs),
    rowsWritten: alarms + DAY_MS / LAST_USED_PRECISION_MS,
    rowsRead: (polls + alarms + echoes) * WAKE_ROWS.site,
    storageMb: EMPTY_MB + KEPT.siteBytes / MB,
  };
}

/** Readers of the status page: each read asks the Fleet. */
function readersDay(assume: Assumptions): Usage {
  const reads = (assume.pageHours * HOUR_MS) / assume.pageRefreshMs;
  return { ...NOTHING, workerRequests: reads, doRequests: reads, gbSeconds: gbSeconds(reads * assume.workMs) };
}

/** Every part of a fleet's day, by name. */
export function partsOf(fleet: Fleet, scenario: Scenario, assume: Assumptions): Record<string, Usage> {
  return {
    vantages: sum(fleet.vantage.map((vantage) => vantageDay(fleet, vantage, scenario, assume))),
    sites: times(fleet.site.length, siteDay(assume)),
    watchdog: watchdogDay(fleet, assume),
    readers: readersDay(assume),
    changes: changesDay(fleet, assume),
  };
}

/** Verdicts that change: rounds at the fast cadence, second opinions, rows of history, and every site that uses the server. */
function changesDay(fleet: Fleet, assume: Assumptions): Usage {
  const { fall, rise, timeoutMs } = probing(fleet);
  const vantages = fleet.vantage.length;
  if (vantages === 0 || fleet.server.length === 0) return NOTHING;
  const sitesOfOne = fleet.site.reduce((count, { servers }) => count + servers.length, 0) / fleet.server.length;
  const fastRounds = vantages * Math.max(fall, rise);
  const requests = 3 * fastRounds + sitesOfOne * 2;
  const one: Usage = {
    ...NOTHING,
    doRequests: requests,
    gbSeconds: gbSeconds(fastRounds * timeoutMs + requests * assume.workMs),
    rowsWritten: fastRounds + 3 * vantages + 6 + sitesOfOne * 20,
  };
  return times(assume.healthChanges, one);
}
