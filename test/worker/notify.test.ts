import { abortAllDurableObjects, evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import './ports.ts';
import { fleetOf } from '../../worker/env.ts';
import { Site } from '../../worker/objects/site.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import type { Incident, SiteStatus, TimelineEntry } from '../../worker/protocol/status.ts';
import { env, send, until } from './site-world.ts';

const { hooks, closed } = inject('ports');
const GROUP_WAIT_MS = 10_000;

interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
}

interface Json {
  id: string;
  event: string;
  title: string;
  message: string;
  type: string;
  link: string | null;
  events: { id: string; event: string; title: string; why: string }[];
}

let boxes = 0;

/** A receiver of its own. */
class Box {
  readonly name = `w${++boxes}`;
  readonly url = `json://127.0.0.1:${hooks}/${this.name}`;

  async received(): Promise<Received[]> {
    return (await fetch(`http://127.0.0.1:${hooks}/${this.name}`)).json();
  }

  async messages(): Promise<Json[]> {
    return (await this.received()).map(({ body }) => JSON.parse(body) as Json);
  }

  async answer(...answers: { status: number; headers?: Record<string, string>; hang?: boolean }[]): Promise<void> {
    await fetch(`http://127.0.0.1:${hooks}/${this.name}`, { method: 'PUT', body: JSON.stringify(answers) });
  }

  async hasGot(count: number): Promise<Json[]> {
    await until(async () => (await this.received()).length >= count);
    return this.messages();
  }
}

function stub(): DurableObjectStub {
  return env.FLEET.get(env.FLEET.idFromName('fleet'));
}

async function put(notify: { url: string; events?: string[] }[], more: object = {}): Promise<{ warnings: string[] }> {
  const server = (id: string, name: string) => ({ id, name, address: '127.0.0.1', check: [{ kind: 'tcp', port: closed }] });
  const file = {
    fleet: { name: 'Net' },
    vantage: [{ id: 'v1', region: 'weur' }],
    server: [server('a', 'Frankfurt'), server('b', 'Ashburn')],
    site: ['home', 'office'].map((id) => ({ id, servers: ['a', 'b'] })),
    notify,
    ...more,
  };
  const answer = await send('PUT', '/admin/v1/fleet', { token: 'test-admin-token', json: file });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json();
}

async function say(vote: 'up' | 'down', server = 'a'): Promise<void> {
  const t = Date.now();
  const votes = { [server]: { vote, t, why: `seen ${vote}`, latencyMs: 1 } };
  await fleetOf(env).votes({ vantage: 'v1', revision: 1000, t, colo: null, sighted: true, votes, suspects: [] });
}

/** Time passes, and the alarm or the watchdog comes. */
async function later(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  await fleetOf(env).watchdog();
}

async function rows(query: string): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(stub(), (_, { storage }) => storage.sql.exec(query).toArray());
}

async function report() {
  return fleetOf(env).notifyReport();
}

async function idle(): Promise<void> {
  await until(async () => (await report()).every(({ waiting }) => waiting === 0));
}

/** Now: what began long ago brings its reminders along. */
const at = new Date().toISOString();

function siteNews(site: string, revision: number, entries: Partial<TimelineEntry>[], incidents: Incident[] = []) {
  const status: SiteStatus = {
    id: site,
    name: site,
    active: 'b',
    weights: { a: 0, b: 100 },
    epoch: revision,
    applied: revision,
    mode: 'cut',
    blame: 'server-down',
    why: 'test',
    since: at,
    pin: null,
    agent: { online: true, since: at, version: '1', problems: [] },
    paths: [],
  };
  const switched = {
    id: `site/${site}/epoch-${revision}`,
    at,
    kind: 'switch',
    why: 'a is down; b takes over',
    site,
    from: 'a',
    to: 'b',
  } as const;
  return { site, revision, status, entries: entries.map((entry) => ({ ...switched, ...entry })), incidents } as const;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.spyOn(Site.prototype, 'assume').mockResolvedValue();
  for (const method of ['assume', 'watchdog', 'secondOpinion'] as const) vi.spyOn(Vantage.prototype, method).mockResolvedValue();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await reset();
});

describe('a failure', () => {
  it('is one message, with the sites that it moves, after a short wait; its end is another', async () => {
    const box = new Box();
    await put([{ url: box.url }]);
    await say('up');
    await say('down');
    await fleetOf(env).news(siteNews('home', 5, [{}], [{ id: 'site/home/epoch-5', site: 'home', startedAt: at, endedAt: null, why: 'x' }]));
    await fleetOf(env).news(siteNews('office', 3, [{}]));
    await later(GROUP_WAIT_MS - 1000);
    expect(await box.received()).toEqual([]);
    await later(1001);
    const [message] = await box.hasGot(1);
    expect(message).toMatchObject({
      event: 'incident.opened',
      type: 'failure',
      title: '[Net] Frankfurt is down (+2)',
      link: 'https://edge.test/',
    });
    expect(message?.message.split('\n')).toHaveLength(3);
    expect(message?.events.map(({ event }) => event).sort()).toEqual(['incident.opened', 'incident.opened', 'switch', 'switch']);
    await idle();
    await say('up');
    await later(GROUP_WAIT_MS + 1);
    const [, end] = await box.hasGot(2);
    expect(end).toMatchObject({ event: 'incident.closed', type: 'success', title: '[Net] Frankfurt is up again' });
    expect(await box.received()).toHaveLength(2);
  });

  it('is told by the alarms alone, when it is due', async () => {
    const box = new Box();
    await put([{ url: box.url }]);
    await say('down');
    const happenedMs = Date.now();
    for (let alarms = 0; alarms < 5 && (await report())[0]?.deliveredAt === null; alarms++) {
      const alarmMs = await runInDurableObject(stub(), (_, { storage }) => storage.getAlarm());
      vi.setSystemTime(Math.max(alarmMs ?? 0, Date.now()));
      await runDurableObjectAlarm(stub());
      if (Date.now() >= happenedMs + GROUP_WAIT_MS) await idle();
    }
    expect(await box.received()).toHaveLength(1);
    expect(Date.now()).toBeLessThan(happenedMs + GROUP_WAIT_MS + 1000);
  });

  it('is told once, though the site tells it twice and the object is restarted', async () => {
    const box = new Box();
    await put([{ url: box.url }]);
    const incident = { id: 'site/home/hold-1', site: 'home', startedAt: at, endedAt: null, why: 'both paths are dead' };
    await fleetOf(env).news(siteNews('home', 5, [{}], [incident]));
    await fleetOf(env).news(siteNews('home', 5, [{}], [incident]));
    await later(GROUP_WAIT_MS + 1);
    await box.hasGot(1);
    await idle();
    await evictDurableObject(stub());
    await fleetOf(env).news(siteNews('home', 5, [{}], [incident]));
    await fleetOf(env).news(siteNews('home', 6, [], [{ ...incident, endedAt: at }]));
    await later(GROUP_WAIT_MS + 1);
    const messages = await box.hasGot(2);
    expect(messages.map(({ events }) => events.length)).toEqual([2, 1]);
    expect(messages[1]).toMatchObject({ event: 'incident.closed', title: '[Net] home: the incident is over' });
  });

  it('that began and ended before the Fleet heard of it is told', async () => {
    const box = new Box();
    await put([{ url: box.url }]);
    const incident = {
      id: 'site/home/hold-1',
      site: 'home',
      startedAt: at,
      endedAt: new Date(Date.parse(at) + 9000).toISOString(),
      why: 'both paths are dead',
    };
    await fleetOf(env).news(siteNews('home', 5, [], [incident]));
    await later(GROUP_WAIT_MS + 1);
    const [message] = await box.hasGot(1);
    expect(message?.events.map(({ event }) => event)).toEqual(['incident.opened', 'incident.closed']);
  });

  it('that stays is told again after four hours, then daily', async () => {
    const box = new Box();
    await put([{ url: box.url }]);
    await say('down');
    await later(GROUP_WAIT_MS + 1);
    await box.hasGot(1);
    await idle();
    for (const [hours, title] of [
      [4, 'Still open after 4 h'],
      [24, 'Still open after 1 d 4 h'],
    ] as const) {
      const before = (await box.received()).length;
      await later(hours * 3_600_000);
      await later(GROUP_WAIT_MS + 1);
      await later(GROUP_WAIT_MS + 1);
      expect((await box.hasGot(before + 1)).at(-1)?.title).toContain(title);
      expect(await box.received()).toHaveLength(before + 1);
      await idle();
      await evictDurableObject(stub());
      // `reset()` forgets nothing of an object that sleeps.
      await report();
    }
  });
});

describe('a server that flaps', () => {
  it('is told six times, then every ten minutes with the count', async () => {
    const box = new Box();
    await put([{ url: box.url }]);
    for (let round = 0; round < 10; round++) {
      await say(round % 2 === 0 ? 'down' : 'up');
      await later(GROUP_WAIT_MS + 1);
      await idle();
    }
    const messages = await box.messages();
    expect(messages).toHaveLength(6);
    expect(messages[5]?.message).toContain('It changes often');
    await evictDurableObject(stub());
    await later(600_000);
    await later(GROUP_WAIT_MS + 1);
    const last = (await box.hasGot(7)).at(-1);
    expect(last).toMatchObject({ event: 'incident.closed', title: '[Net] Frankfurt is up again (flapping)' });
    expect(last?.message).toContain('4 more changes since');
  });
});

describe('a channel', () => {
  it('gets only the events that it asks for, and nothing from before it was there', async () => {
    const [all, some, late] = [new Box(), new Box(), new Box()];
    await put([{ url: all.url }, { url: some.url, events: ['switch'] }]);
    await fleetOf(env).news(siteNews('home', 5, [{ kind: 'agent.offline', id: 'x' }]));
    await put([{ url: all.url }, { url: some.url, events: ['switch'] }, { url: late.url }]);
    await fleetOf(env).news(siteNews('home', 6, [{}]));
    await later(GROUP_WAIT_MS + 1);
    expect((await all.hasGot(1))[0]?.events).toHaveLength(2);
    expect((await some.hasGot(1))[0]).toMatchObject({ event: 'switch', events: [{ event: 'switch' }] });
    expect((await late.hasGot(1))[0]?.events).toHaveLength(1);
  });

  it('that is down gets the same message again, in order and with the same id, while the others go on', async () => {
    const [sick, well] = [new Box(), new Box()];
    await sick.answer({ status: 503 }, { status: 429, headers: { 'retry-after': '120' } });
    await put([{ url: sick.url }, { url: well.url }]);
    await say('down');
    await later(GROUP_WAIT_MS + 1);
    await sick.hasGot(1);
    await well.hasGot(1);
    await until(async () => (await report())[0]?.attempts === 1);
    await say('up');
    await later(GROUP_WAIT_MS + 1);
    expect((await well.hasGot(2))[1]?.event).toBe('incident.closed');
    await sick.hasGot(2);
    await until(async () => (await report())[0]?.attempts === 2);
    expect((await report())[0]).toMatchObject({ state: 'retrying', problem: 'HTTP 429', waiting: 2 });
    await later(100_000);
    expect(await sick.received()).toHaveLength(2);
    await later(21_000);
    await sick.hasGot(3);
    await until(async () => (await report())[0]?.attempts === 0);
    await later(GROUP_WAIT_MS + 1);
    const messages = await sick.hasGot(4);
    expect(messages.map(({ event }) => event)).toEqual(['incident.opened', 'incident.opened', 'incident.opened', 'incident.closed']);
    expect(new Set(messages.slice(0, 3).map(({ id }) => id)).size).toBe(1);
    expect(messages[3]?.id).not.toBe(messages[0]?.id);
    await until(async () => (await report())[0]?.state === 'ok');
  });

  it('that refuses is broken until a message is taken', async () => {
    const box = new Box();
    await box.answer({ status: 401 });
    await put([{ url: box.url }]);
    await say('down');
    await later(GROUP_WAIT_MS + 1);
    await until(async () => (await report())[0]?.state === 'broken');
    expect((await report())[0]).toMatchObject({ problem: 'HTTP 401', dropped: 1, waiting: 0 });
    await later(3_600_000);
    expect(await box.received()).toHaveLength(1);
    await box.answer({ status: 404 });
    expect((await fleetOf(env).notifyTest(0))[0]).toMatchObject({ ok: false, status: 404 });
    expect((await report())[0]?.state).toBe('broken');
    expect((await fleetOf(env).notifyTest(0))[0]).toMatchObject({ ok: true });
    expect((await report())[0]).toMatchObject({ state: 'ok', problem: null });
    await box.answer({ status: 410 });
    await say('up');
    await later(GROUP_WAIT_MS + 1);
    await until(async () => (await report())[0]?.state === 'broken');
    await say('down');
    await later(GROUP_WAIT_MS + 1);
    await until(async () => (await report())[0]?.state === 'ok');
    expect(await box.received()).toHaveLength(5);
  });

  it('that hangs holds up neither the others nor the verdicts', async () => {
    const hanging = Array.from({ length: 5 }, () => new Box());
    const well = new Box();
    for (const box of hanging) await box.answer({ status: 200, hang: true });
    await put([...hanging, well].map(({ url }) => ({ url })));
    await say('down');
    await later(GROUP_WAIT_MS + 1);
    const started = performance.now();
    await say('up');
    expect((await fleetOf(env).status()).servers[0]?.health).toBe('up');
    expect(performance.now() - started).toBeLessThan(2000);
    // Four connections at a time: the well one has its turn when the first hang is given up, after ten seconds.
    await until(async () => (await well.received()).length === 1, 15_000);
    await until(async () => (await report()).slice(0, 4).every(({ problem }) => problem === 'no answer within 10 s'), 15_000);
  }, 40_000);

  it('whose secret is missing says so, without its URL, and keeps what it has to tell', async () => {
    const secret = `\${${'NOT_SET_ANYWHERE'}}`;
    const { warnings } = await put([{ url: `json://127.0.0.1:${hooks}/hidden-part/${secret}` }]);
    expect(warnings.join()).toContain(`notify[0] (json) sends nothing: no secret is set for ${secret}`);
    await say('down');
    await later(GROUP_WAIT_MS + 1);
    await until(async () => (await report())[0]?.state === 'blocked');
    expect((await report())[0]).toMatchObject({ waiting: 1, attempts: 0, problem: expect.stringContaining(secret) });
    const visible = JSON.stringify([await report(), warnings, await fleetOf(env).status()]);
    expect(visible).not.toContain('hidden-part');
  });
});

describe('a crash', () => {
  it('between saving and sending loses nothing', async () => {
    const box = new Box();
    await put([{ url: box.url }]);
    await say('down');
    await abortAllDurableObjects();
    await later(GROUP_WAIT_MS + 1);
    expect(await box.hasGot(1)).toMatchObject([{ event: 'incident.opened' }]);
  });

  it('while a message is under way makes it the same message again', async () => {
    const box = new Box();
    await box.answer({ status: 200, hang: true });
    await put([{ url: box.url }]);
    await say('down');
    await later(GROUP_WAIT_MS + 1);
    await box.hasGot(1);
    await later(25_000);
    expect(await box.received()).toHaveLength(1);
    await say('down', 'b');
    await abortAllDurableObjects();
    await later(1000);
    const [first, second] = await box.hasGot(2);
    expect(second).toEqual(first);
    await until(async () => (await report())[0]?.deliveredAt !== null);
    await later(GROUP_WAIT_MS + 1);
    expect((await box.hasGot(3))[2]).toMatchObject({ title: '[Net] Ashburn is down' });
    expect((await box.received())[0]?.headers['idempotency-key']).toBe(first?.id);
  });
});

it('writes nothing for a fleet without channels, and not more than its bounds with one', async () => {
  await put([]);
  await say('down');
  expect(await rows('SELECT * FROM notice')).toEqual([]);
  await put([{ url: 'json://127.0.0.1:1/' }]);
  for (let batch = 0; batch < 12; batch++) {
    const entries = Array.from({ length: 50 }, (_, n) => ({ id: `drill-${batch}-${n}`, kind: 'drill' as const }));
    await fleetOf(env).news(siteNews('home', batch, entries));
  }
  expect(await rows('SELECT COUNT(*) AS n FROM notice')).toEqual([{ n: 500 }]);
});

describe('POST /admin/v1/notify/test', () => {
  const test = (json?: object) =>
    send('POST', '/admin/v1/notify/test', { token: 'test-admin-token', ...(json === undefined ? {} : { json }) });

  it('sends to every channel at once, or to one', async () => {
    const [one, two] = [new Box(), new Box()];
    await put([{ url: one.url }, { url: two.url }]);
    const answer = await test();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      results: [0, 1].map((channel) => ({ channel, scheme: 'json', ok: true, status: 200, reason: null })),
    });
    expect((await one.messages())[0]).toMatchObject({ event: 'test', type: 'info', title: '[Net] this is a test' });
    expect((await test({ channel: 1 })).status).toBe(200);
    expect([(await one.received()).length, (await two.received()).length]).toEqual([1, 2]);
  });

  it('says what went wrong, and never where', async () => {
    const box = new Box();
    await box.answer({ status: 403 });
    await put([{ url: box.url }, { url: `json://127.0.0.1:${closed}/hidden-part` }, { url: `tgram://\${${'NOT_SET_ANYWHERE'}}/1` }]);
    const answer = await test();
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const text = await answer.text();
    expect(JSON.parse(text).results).toMatchObject([
      { ok: false, status: 403, reason: 'HTTP 403' },
      { ok: false, status: null, reason: 'no connection' },
      { ok: false, status: null, reason: expect.stringContaining('no secret is set') },
    ]);
    expect(text).not.toMatch(/hidden-part|127\.0\.0\.1/);
  });

  it('needs the token, a channel that is there and a body that fits', async () => {
    await put([]);
    expect((await send('POST', '/admin/v1/notify/test')).status).toBe(401);
    expect((await test()).status).toBe(409);
    expect((await test({ channel: 3 })).status).toBe(404);
    expect((await test({ channel: 'x' })).status).toBe(422);
    const list = await send('GET', '/admin/v1/notify', { token: 'test-admin-token' });
    expect(await list.json()).toEqual({ channels: [] });
  });
});
