import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import { fleetOf, siteOf } from '../../worker/env.ts';
import type { Fleet } from '../../worker/fleet-file/schema.ts';
import { MAX_HOLD_MS } from '../../worker/objects/cadence.ts';
import { fleetOf as readFleetOf } from '../unit/fleet-file/fleets.ts';
import { Meter } from './budget-meter.ts';
import { env, send, until } from './site-world.ts';

const CRON_MS = 60_000;

interface Router {
  site: string;
  token: string;
  seq: number;
  applied: number;
  /** Its next poll. */
  atMs: number;
}

/**
 * A whole fleet at work under the meter: the real objects, with real alarms, cron and polls. Stepped (`run`), its clock is the test's and jumps from one event
 * to the next; or it lives in real time, where only the test's listeners make it wait.
 */
export class BudgetWorld {
  readonly meter = new Meter();
  readonly fleet: Fleet;
  workerRequests = 0;
  /** How long a router waits between two polls. */
  readonly pollGapMs = 125;
  private readonly routers: Router[] = [];
  private nowMs = 0;
  private cronMs = 0;
  private alive = true;

  constructor(file: object) {
    this.fleet = readFleetOf(file, true);
  }

  /** Puts the fleet, and gives each site a router. `nowMs`: the test's clock starts there; without it, time is real. */
  async start(nowMs?: number): Promise<void> {
    if (nowMs !== undefined) {
      this.nowMs = nowMs;
      this.cronMs = nowMs + CRON_MS;
      vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
    }
    await runInDurableObject(stubOf('fleet'), (_, state) => this.meter.install(state));
    const put = await fleetOf(env).putFleet(JSON.stringify(this.fleet), 'json', { dryRun: false, ifMatch: null, note: '' });
    if (!put.ok) throw new Error(JSON.stringify(put));
    await until(async () => (await this.delivered()) && this.meter.alarms.size > 0);
    for (const [index, { id }] of this.fleet.site.entries()) {
      const made = await siteOf(env, id).createToken();
      if (!made.ok) throw new Error(made.reason);
      this.routers.push({ site: id, token: made.value.token, seq: 0, applied: 0, atMs: this.nowMs + 1000 * (index + 1) });
    }
  }

  stop(): void {
    this.meter.uninstall();
    vi.useRealTimers();
  }

  /** Measures anew from here on. */
  zero(): void {
    this.meter.zero();
    this.workerRequests = 0;
  }

  /** Whether the routers' paths answer, from the next report on. */
  paths(alive: boolean): void {
    this.alive = alive;
  }

  /** Lets so much of the test's time go by, from event to event. */
  async run(spanMs: number): Promise<void> {
    const endMs = this.nowMs + spanMs;
    for (;;) {
      const next = this.next();
      if (next.atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      vi.setSystemTime(this.nowMs);
      await next.happen();
    }
    this.nowMs = endMs;
    vi.setSystemTime(endMs);
  }

  private next(): { atMs: number; happen: () => Promise<void> } {
    const alarms = [...this.meter.alarms].map(([name, atMs]) => ({ atMs, happen: () => this.alarm(name) }));
    const polls = this.routers.map((router) => ({ atMs: router.atMs, happen: () => this.poll(router) }));
    const cron = { atMs: this.cronMs, happen: () => this.cron() };
    return [...alarms, ...polls].reduce((first, other) => (other.atMs < first.atMs ? other : first), cron);
  }

  private async alarm(name: string): Promise<void> {
    this.meter.alarms.delete(name);
    await runDurableObjectAlarm(stubOf(name));
  }

  private async cron(): Promise<void> {
    this.cronMs += CRON_MS;
    this.workerRequests++;
    await fleetOf(env).watchdog();
  }

  /** The site has slept since the last one. What the Worker holds for 50 s is answered at once: the site sees the same. */
  private async poll(router: Router): Promise<void> {
    router.atMs = this.nowMs + MAX_HOLD_MS + this.pollGapMs;
    await evictDurableObject(stubOf(`site/${router.site}`));
    this.workerRequests++;
    const paths = this.fleet.server.map(({ id }) => ({
      server: id,
      wan: 'wan1',
      alive: this.alive,
      rttMs: 20 + (router.seq % 5),
      loss: 0,
    }));
    const report = { site: router.site, instance: 'i', version: '0.1.0', seq: ++router.seq, applied: router.applied, paths };
    const answer = await send('POST', '/agent/v1/poll?hold_ms=0', { token: router.token, json: report });
    if (answer.status === 200) {
      router.applied = (await answer.json<{ epoch: number }>()).epoch;
      router.atMs = this.nowMs + this.pollGapMs;
    } else if (answer.status !== 204) throw new Error(`a poll was answered with ${answer.status}: ${await answer.text()}`);
  }

  private async delivered(): Promise<boolean> {
    return runInDurableObject(stubOf('fleet'), (_, { storage }) => storage.sql.exec('SELECT id FROM delivery').toArray().length === 0);
  }
}

function stubOf(name: string): DurableObjectStub {
  const space = name === 'fleet' ? env.FLEET : name.startsWith('site/') ? env.SITE : env.VANTAGE;
  return space.get(space.idFromName(name));
}
