import { env, evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import './ports.ts';
import { type Env, fleetOf } from '../../worker/env.ts';
import { readFleet } from '../../worker/fleet-file/read.ts';
import type { FleetRpc, SiteSnapshot, VantageRound, VantageSnapshot } from '../../worker/objects/contract.ts';
import { SecondOpinions } from '../../worker/objects/second-opinions.ts';
import { Site } from '../../worker/objects/site.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import type { SiteStatus } from '../../worker/protocol/status.ts';

const ports = inject('ports');
const bindings = env as unknown as Env;

interface Rows {
  vantage?: string[];
  server?: string[];
  sites?: Record<string, string[]>;
  fleet?: string;
}

/** A fleet file: `v1`… in weur, enam…, servers that listen, sites by their servers. */
function file({ vantage = ['v1', 'v2', 'v3'], server = ['a', 'b'], sites = { home: ['a', 'b'] }, fleet = 'test' }: Rows = {}): string {
  const regions = ['weur', 'enam', 'apac'];
  return JSON.stringify({
    fleet: { name: fleet },
    probing: { interval_s: 10, fast_interval_ms: 5000, timeout_ms: 1000 },
    vantage: vantage.map((id, index) => ({ id, region: regions[index] })),
    server: server.map((id) => ({ id, address: '127.0.0.1', check: [{ kind: 'tcp', port: ports.hang }] })),
    site: Object.entries(sites).map(([id, servers]) => ({ id, servers })),
  });
}

/** Sooner than the alarm that makes deliveries again: what happens by then has an alarm of its own. */
const SOON_MS = 1500;

const PUT = { dryRun: false, ifMatch: null, note: 'test' };

/** A stub does not survive the reset after each test. */
let fleet: FleetRpc;
/** What the other objects were told, newest last. */
let told: { sites: SiteSnapshot[]; vantages: VantageSnapshot[]; asked: string[] };

beforeEach(() => {
  fleet = fleetOf(bindings);
  told = { sites: [], vantages: [], asked: [] };
  vi.spyOn(Site.prototype, 'assume').mockImplementation(async (snapshot) => void told.sites.push(snapshot));
  vi.spyOn(Vantage.prototype, 'assume').mockImplementation(async (snapshot) => void told.vantages.push(snapshot));
  vi.spyOn(Vantage.prototype, 'watchdog').mockResolvedValue();
  vi.spyOn(Vantage.prototype, 'secondOpinion').mockImplementation(async function (this: Vantage, server) {
    told.asked.push(`${this.ctx.id.name} ${server}`);
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

function stub() {
  return bindings.FLEET.get(bindings.FLEET.idFromName('fleet'));
}

async function put(text: string) {
  const outcome = await fleet.putFleet(text, 'json', PUT);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

function round(vantage: string, votes: Record<string, 'up' | 'down' | 'unknown'>, more: Partial<VantageRound> = {}): VantageRound {
  const t = Date.now();
  const cast = Object.entries(votes).map(([server, vote]) => [server, { vote, t, why: `seen ${vote}`, latencyMs: 12 }]);
  return { vantage, revision: 1000, t, colo: 'FRA', sighted: true, votes: Object.fromEntries(cast), suspects: [], ...more };
}

async function say(votes: Record<string, 'up' | 'down' | 'unknown'>, vantages = ['v1', 'v2', 'v3']) {
  for (const vantage of vantages) await fleet.votes(round(vantage, votes));
}

async function healths(): Promise<Record<string, string>> {
  return Object.fromEntries((await fleet.status()).servers.map(({ id, health }) => [id, health]));
}

/** Stops the object and starts it again from its rows. */
async function restart(): Promise<void> {
  await evictDurableObject(stub());
  fleet = fleetOf(bindings);
}

async function siteHears(expected: object): Promise<void> {
  await vi.waitFor(() => expect(told.sites.at(-1)).toMatchObject(expected), { timeout: 3000, interval: 10 });
}

describe('configuration', () => {
  it('has versions, a validator, a diff and the file back', async () => {
    expect(await fleet.getFleet()).toBeNull();
    expect(await put(file())).toMatchObject({ version: 1, warnings: expect.any(Array) });
    const second = await put(file({ fleet: 'renamed' }));
    expect(second).toMatchObject({ version: 2, diff: [{ path: '/fleet/name', from: 'test', to: 'renamed' }] });
    expect(await fleet.getFleet()).toMatchObject({ version: 2, etag: '"2"', fleet: { fleet: { name: 'renamed' } } });
    expect((await fleet.getFleet())?.toml).toContain('name = "renamed"');
    expect((await fleet.versions()).map(({ version }) => version)).toEqual([2, 1]);
  });

  it('stays the version that it is when the same is put again', async () => {
    await put(file());
    expect(await put(file())).toMatchObject({ version: 1, diff: [] });
    expect(await fleet.versions()).toHaveLength(1);
  });

  it('says every error at once and changes nothing', async () => {
    await put(file());
    const bad = { fleet: {}, server: [{ id: 'A!', address: '' }], site: [{ id: 'home', servers: ['nobody'] }], nonsense: 1 };
    const outcome = await fleet.putFleet(JSON.stringify(bad), 'json', PUT);
    expect(outcome).toMatchObject({ ok: false, status: 422 });
    expect(outcome.ok ? [] : outcome.errors?.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/fleet/name', '/server/0/id', '/server/0/address', '/site/0/servers/0', '/nonsense']),
    );
    expect(await fleet.getFleet()).toMatchObject({ version: 1 });
  });

  it('refuses a stale If-Match, and takes the current one', async () => {
    await put(file());
    const options = (ifMatch: string) => ({ ...PUT, ifMatch });
    expect(await fleet.putFleet(file({ fleet: 'x' }), 'json', options('"7"'))).toMatchObject({ ok: false, status: 412 });
    expect(await fleet.putFleet(file({ fleet: 'x' }), 'json', options('W/"1"'))).toMatchObject({ ok: true, value: { version: 2 } });
    expect(await fleet.putFleet(file({ fleet: 'y' }), 'json', options('"1", "2"'))).toMatchObject({ ok: true, value: { version: 3 } });
    expect(await fleet.putFleet(file({ fleet: 'z' }), 'json', options('*'))).toMatchObject({ ok: true });
  });

  it('tries a file without putting it', async () => {
    await put(file());
    const outcome = await fleet.putFleet(file({ fleet: 'tried' }), 'json', { ...PUT, dryRun: true });
    expect(outcome).toMatchObject({ ok: true, value: { version: 2, diff: [{ path: '/fleet/name' }] } });
    expect(await fleet.getFleet()).toMatchObject({ version: 1 });
  });

  it('rolls back to an earlier version, as a new one', async () => {
    await put(file());
    await put(file({ fleet: 'renamed' }));
    expect(await fleet.rollback(1)).toMatchObject({ ok: true, value: { version: 3 } });
    expect(await fleet.getFleet()).toMatchObject({ fleet: { fleet: { name: 'test' } } });
    expect(await fleet.rollback(99)).toMatchObject({ ok: false, status: 404 });
  });

  it('goes to every site and vantage, with rising revisions and staggered phases', async () => {
    await put(file());
    await vi.waitFor(() => expect(told.vantages).toHaveLength(3), { timeout: 3000, interval: 10 });
    expect(told.vantages.map(({ vantage }) => vantage?.phase).sort()).toEqual([0, 1 / 3, 2 / 3]);
    expect(told.vantages[0]?.vantage).toMatchObject({
      rules: { intervalMs: 10_000, fastIntervalMs: 5000 },
      servers: [{ id: 'a', checks: [{ kind: 'tcp', port: ports.hang, critical: true }] }, { id: 'b' }],
    });
    await siteHears({ site: { name: 'home' }, health: { a: { health: 'unknown' }, b: { health: 'unknown' } } });
    const { revision } = told.sites.at(-1) ?? { revision: 0 };
    await put(file({ fleet: 'renamed' }));
    await vi.waitFor(() => expect(told.sites.at(-1)?.revision).toBeGreaterThan(revision), { timeout: 3000, interval: 10 });
  });

  it('tells those that are no longer in it that they are out', async () => {
    await put(file({ sites: { home: ['a'], office: ['b'] } }));
    await say({ b: 'down' });
    expect((await fleet.status()).incidents).toMatchObject([{ server: 'b', endedAt: null }]);
    told.sites = [];
    told.vantages = [];
    await put(file({ vantage: ['v1'], server: ['a'], sites: { home: ['a'] } }));
    await vi.waitFor(() => expect(told.vantages.filter(({ vantage }) => vantage === null)).toHaveLength(2), {
      timeout: 3000,
      interval: 10,
    });
    expect(told.sites.filter(({ site }) => site === null)).toHaveLength(1);
    const status = await fleet.status();
    expect(status).toMatchObject({ servers: [{ id: 'a' }], sites: [{ id: 'home' }], vantages: [{ id: 'v1' }] });
    expect(status.incidents).toMatchObject([{ server: 'b', endedAt: expect.any(String) }]);
    expect(await fleet.hasSite('office')).toBe(false);
  });
});

describe('verdicts', () => {
  beforeEach(async () => {
    await put(file());
  });

  it('are those of a strict majority, and reach the site with an incident and a timeline entry', async () => {
    await say({ a: 'up', b: 'up' });
    await siteHears({ health: { a: { health: 'up' }, b: { health: 'up' } } });
    await say({ a: 'down' }, ['v1']);
    expect(await healths()).toEqual({ a: 'up', b: 'up' });
    await say({ a: 'down' }, ['v2']);
    expect(await healths()).toEqual({ a: 'down', b: 'up' });
    await siteHears({ health: { a: { health: 'down', why: expect.stringContaining('2 of 3 vantages say down') }, b: { health: 'up' } } });
    const status = await fleet.status();
    expect(status.incidents).toMatchObject([{ server: 'a', endedAt: null, why: expect.stringContaining('2 of 3') }]);
    expect(status.timeline[0]).toMatchObject({ kind: 'health', server: 'a', from: 'up', to: 'down' });
    expect(status.servers[0]?.votes).toMatchObject([
      { vantage: 'v1', vote: 'down', latencyMs: 12 },
      { vantage: 'v2', vote: 'down' },
      { vantage: 'v3', vote: 'up' },
    ]);
    await say({ a: 'up' });
    expect((await fleet.status()).incidents).toMatchObject([{ server: 'a', endedAt: expect.any(String) }]);
  });

  it('are not of the blind, nor of strangers, nor of letters that were overtaken', async () => {
    await say({ a: 'up' });
    for (const vantage of ['v1', 'v2', 'v3']) await fleet.votes(round(vantage, { a: 'down' }, { sighted: false }));
    for (const vantage of ['x', 'y', 'z']) await fleet.votes(round(vantage, { a: 'down' }));
    expect((await healths()).a).not.toBe('down');
    await say({ a: 'up' });
    for (const vantage of ['v1', 'v2', 'v3']) await fleet.votes(round(vantage, { a: 'down' }, { t: Date.now() - 5000 }));
    expect(await healths()).toMatchObject({ a: 'up' });
  });

  it('stand through a restart, with their incident and who voted for them', async () => {
    await say({ a: 'up', b: 'up' });
    await say({ a: 'down' }, ['v1', 'v2']);
    await restart();
    expect(await healths()).toEqual({ a: 'down', b: 'up' });
    expect((await fleet.status()).incidents).toMatchObject([{ server: 'a', endedAt: null }]);
    // One vantage alone decides nothing, though the others have not spoken since the restart.
    await say({ a: 'up', b: 'down' }, ['v1']);
    expect(await healths()).toEqual({ a: 'up', b: 'up' });
  });

  it('stand when vantages that were restarted too say again what they knew', async () => {
    await say({ a: 'up', b: 'up' });
    await say({ a: 'down', b: 'up' });
    await restart();
    for (const vantage of ['v1', 'v2', 'v3']) {
      const again = round(vantage, { a: 'down', b: 'up' });
      for (const vote of Object.values(again.votes)) vote.t -= 3_600_000;
      await fleet.votes(again);
    }
    expect(await healths()).toEqual({ a: 'down', b: 'up' });
    expect((await fleet.status()).timeline.filter(({ to }) => to === 'unknown')).toEqual([]);
  });

  it('that were over before a restart stay so, though their vantage goes on to speak', async () => {
    await say({ a: 'up', b: 'up' });
    for (const vantage of ['v1', 'v2']) {
      const late = round(vantage, { a: 'down', b: 'up' });
      for (const vote of Object.values(late.votes)) vote.t -= 3_600_000;
      await fleet.votes(late);
    }
    expect((await healths()).a).toBe('up');
    await restart();
    await say({ b: 'up' }, ['v3']);
    expect((await healths()).a).toBe('up');
  });

  it('become unknown when all vantages fall silent, and the watchdog wakes them', async () => {
    await say({ a: 'up', b: 'up' });
    told.vantages = [];
    vi.setSystemTime(Date.now() + 120_000);
    try {
      await fleet.watchdog();
      expect(await healths()).toEqual({ a: 'unknown', b: 'unknown' });
      expect(told.vantages).toHaveLength(3);
      expect(Vantage.prototype.watchdog).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('deliveries', () => {
  it('are made again until they are taken, also by another life of the object', async () => {
    vi.mocked(Site.prototype.assume).mockRejectedValue(new Error('the site is away'));
    await put(file());
    await vi.waitFor(() => expect(Site.prototype.assume).toHaveBeenCalled(), { timeout: 3000, interval: 10 });
    await vi.waitFor(async () => expect(await outstanding()).toEqual(['home']), { timeout: 3000, interval: 10 });
    await restart();
    vi.mocked(Site.prototype.assume).mockImplementation(async (snapshot) => void told.sites.push(snapshot));
    await runDurableObjectAlarm(stub());
    await siteHears({ site: { name: 'home' } });
    await vi.waitFor(async () => expect(await outstanding()).toEqual([]), { timeout: 3000, interval: 10 });
  });

  it('go again to a vantage that works to old orders', async () => {
    await put(file());
    await vi.waitFor(() => expect(told.vantages).toHaveLength(3), { timeout: 3000, interval: 10 });
    await put(file({ fleet: 'renamed' }));
    await vi.waitFor(() => expect(told.vantages).toHaveLength(6), { timeout: 3000, interval: 10 });
    await fleet.votes(round('v2', { a: 'up' }, { revision: 1 }));
    await vi.waitFor(() => expect(told.vantages).toHaveLength(7), { timeout: 3000, interval: 10 });
    expect(told.vantages.at(-1)?.vantage?.id).toBe('v2');
  });

  async function outstanding(): Promise<unknown[]> {
    return runInDurableObject(stub(), (_, { storage }) =>
      storage.sql
        .exec('SELECT id FROM delivery')
        .toArray()
        .map(({ id }) => id),
    );
  }
});

describe('a suspicion', () => {
  it('asks the others, once in a fast interval', async () => {
    await put(file());
    await fleet.votes(round('v3', { a: 'up' }, { suspects: ['b'] }));
    await fleet.votes(round('v1', { a: 'up' }, { suspects: ['a', 'b'] }));
    await fleet.votes(round('v1', { a: 'up' }, { suspects: ['a', 'b'] }));
    const asked = ['vantage/v1/weur/v1 b', 'vantage/v2/enam/v1 a', 'vantage/v2/enam/v1 b', 'vantage/v3/apac/v1 a'];
    await vi.waitFor(() => expect(told.asked.sort()).toEqual(asked), { timeout: 3000, interval: 10 });
  });

  it('asks none that shares it, and asks again after a fast interval', () => {
    const read = readFleet(file(), 'json', { allowPrivate: true });
    if (!read.ok) throw new Error('the test has a bad file');
    const config = { version: 1, atMs: 0, fleet: read.fleet };
    const opinions = new SecondOpinions();
    const suspicion = round('v1', {}, { suspects: ['a'] });
    const heard = { v2: { atMs: 0, round: round('v2', {}, { suspects: ['a'] }) }, v3: { atMs: 0, round: round('v3', {}) } };
    const question = { server: 'a', shard: expect.objectContaining({ key: 'v3', vantage: 'v3', region: 'apac', shard: 0 }) };
    expect(opinions.wanted(config, heard, suspicion, 10_000)).toEqual([question]);
    expect(opinions.wanted(config, heard, suspicion, 14_999)).toEqual([]);
    expect(opinions.wanted(config, heard, suspicion, 15_000)).toEqual([question]);
  });
});

describe('maintenance', () => {
  beforeEach(async () => {
    await put(file());
    await say({ a: 'up', b: 'up' });
  });

  it('begins at once, and ends by itself after a restart too', async () => {
    const untilMs = Date.now() + 400;
    expect(await fleet.setMaintenance('a', { fromMs: null, untilMs })).toMatchObject({ ok: true });
    expect(await healths()).toMatchObject({ a: 'maintenance' });
    await siteHears({ health: { a: { health: 'maintenance' } } });
    await restart();
    expect(await healths()).toMatchObject({ a: 'maintenance' });
    await vi.waitFor(async () => expect(await healths()).toMatchObject({ a: 'up' }), { timeout: SOON_MS, interval: 20 });
    expect(Date.now()).toBeGreaterThanOrEqual(untilMs);
  });

  it('begins when it was planned for', async () => {
    const fromMs = Date.now() + 300;
    await fleet.setMaintenance('a', { fromMs, untilMs: fromMs + 60_000 });
    expect(await healths()).toMatchObject({ a: 'up' });
    await restart();
    await vi.waitFor(async () => expect(await healths()).toMatchObject({ a: 'maintenance' }), { timeout: SOON_MS, interval: 20 });
    await fleet.setMaintenance('a', null);
    expect(await healths()).toMatchObject({ a: 'up' });
    expect((await fleet.status()).timeline.filter(({ kind }) => kind === 'maintenance')).toHaveLength(2);
  });

  it('is refused in the past, backwards, and of an unknown server', async () => {
    const now = Date.now();
    expect(await fleet.setMaintenance('a', { fromMs: null, untilMs: now - 1 })).toMatchObject({ status: 422 });
    expect(await fleet.setMaintenance('a', { fromMs: now + 9000, untilMs: now + 8000 })).toMatchObject({ status: 422 });
    expect(await fleet.setMaintenance('x', { fromMs: null, untilMs: now + 9000 })).toMatchObject({ status: 404 });
  });
});

describe('a resignation', () => {
  beforeEach(async () => {
    await put(file());
    await say({ a: 'up', b: 'up' });
  });

  it('reaches the site, and lapses when the server was seen down and healthy again', async () => {
    expect(await fleet.resign('a')).toMatchObject({ ok: true });
    await siteHears({ health: { a: { health: 'up', resignedAtMs: expect.any(Number) }, b: { resignedAtMs: null } } });
    await say({ a: 'down' });
    await restart();
    await say({ a: 'up' });
    await siteHears({ health: { a: { health: 'up', resignedAtMs: null } } });
    expect((await fleet.status()).timeline.map(({ kind }) => kind)).toContain('resign');
  });

  it('lapses after ten minutes', async () => {
    await fleet.resign('a');
    vi.setSystemTime(Date.now() + 600_001);
    try {
      await fleet.watchdog();
      await siteHears({ health: { a: { resignedAtMs: null } } });
    } finally {
      vi.useRealTimers();
    }
  });

  it('of an unknown server is 404', async () => {
    expect(await fleet.resign('x')).toMatchObject({ ok: false, status: 404 });
  });
});

describe('news of a site', () => {
  const at = '2026-11-23T12:00:00.000Z';
  const picture = (epoch: number): SiteStatus => ({
    id: 'home',
    name: 'as the site calls itself',
    active: 'a',
    weights: { a: 100, b: 0 },
    epoch,
    applied: epoch,
    mode: 'drain',
    blame: 'none',
    why: 'test',
    since: at,
    pin: null,
    agent: { online: true, since: at, version: '1', problems: [] },
    paths: [],
  });
  const entry = { id: 'site/home/epoch-1', at, kind: 'switch', why: 'test', site: 'home', to: 'a' } as const;
  const incident = { id: 'site/home/hold-1', site: 'home', startedAt: at, endedAt: null, why: 'test' };

  beforeEach(async () => {
    await put(file());
  });

  it('counts once, the newest picture wins, and all of it survives a restart', async () => {
    const first = { site: 'home', revision: 5, status: picture(1), entries: [entry], incidents: [incident] };
    await fleet.news(first);
    await fleet.news(first);
    await fleet.news({ ...first, revision: 6, status: picture(2), entries: [], incidents: [{ ...incident, endedAt: at }] });
    await fleet.news({ ...first, revision: 4, status: picture(9) });
    await restart();
    const status = await fleet.status();
    expect(status.sites).toMatchObject([{ id: 'home', name: 'home', active: 'a', epoch: 2 }]);
    expect(status.timeline.filter(({ kind }) => kind === 'switch')).toHaveLength(1);
    expect(status.incidents).toEqual([{ ...incident, endedAt: at }]);
  });

  it('of a stranger is ignored', async () => {
    await fleet.news({ site: 'x', revision: 1, status: picture(1), entries: [entry], incidents: [incident] });
    const status = await fleet.status();
    expect(status.incidents).toEqual([]);
    expect(status.timeline.map(({ kind }) => kind)).toEqual(['config']);
  });

  it('is kept within bounds', async () => {
    for (let batch = 0; batch < 12; batch++) {
      const entries = Array.from({ length: 100 }, (_, n) => ({ ...entry, id: `site/home/epoch-${batch * 100 + n}` }));
      const incidents = entries.map(({ id }) => ({ ...incident, id, endedAt: at }));
      await fleet.news({ site: 'home', revision: batch, status: picture(1), entries, incidents });
    }
    const [entries, incidents] = await runInDurableObject(stub(), (_, { storage }) =>
      ['timeline', 'incident'].map((table) => storage.sql.exec(`SELECT COUNT(*) AS n FROM ${table}`).one().n),
    );
    expect(entries).toBe(1000);
    expect(incidents).toBe(500);
    const status = await fleet.status();
    expect(status.timeline).toHaveLength(100);
    expect(status.incidents).toHaveLength(50);
  });
});

describe('server tokens', () => {
  beforeEach(async () => {
    await put(file());
  });

  it('open their own server, two at once, until they are revoked', async () => {
    const first = await fleet.createServerToken('a');
    const second = await fleet.createServerToken('a');
    if (!first.ok || !second.ok) throw new Error('no tokens');
    expect(first.value.token).toMatch(/^fwv_a_[A-Za-z0-9_-]{43}$/);
    expect(await fleet.createServerToken('a')).toMatchObject({ ok: false, status: 409 });
    expect(await fleet.checkServerToken('a', first.value.token)).toBe(true);
    expect(await fleet.checkServerToken('b', first.value.token)).toBe(false);
    expect(await fleet.listServerTokens('a')).toMatchObject({
      ok: true,
      value: [{ lastUsedAt: expect.any(String) }, { lastUsedAt: null }],
    });
    expect(await fleet.revokeServerToken('a', first.value.id)).toMatchObject({ ok: true });
    expect(await fleet.checkServerToken('a', first.value.token)).toBe(false);
    expect(await fleet.checkServerToken('a', second.value.token)).toBe(true);
    expect(await fleet.createServerToken('x')).toMatchObject({ ok: false, status: 404 });
  });

  it('are nowhere in the rows', async () => {
    const made = await fleet.createServerToken('a');
    if (!made.ok) throw new Error('no token');
    const rows = await runInDurableObject(stub(), (_, { storage }) => JSON.stringify(storage.sql.exec('SELECT * FROM token').toArray()));
    expect(rows).not.toContain(made.value.token.slice(6));
  });
});
