import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SiteNews } from '../../worker/objects/contract.ts';
import { Fleet } from '../../worker/objects/fleet.ts';
import type { Site } from '../../worker/objects/site.ts';
import { lasting, NO_FACTS } from '../../worker/objects/site-facts.ts';
import type { Report } from '../../worker/protocol/report.ts';
import { directiveIn, healthOf, SiteWorld, snapshotOf, stubOf, until } from './site-world.ts';

/** What the Fleet was told, in order. */
let told: SiteNews[];

beforeEach(() => {
  told = [];
  vi.spyOn(Fleet.prototype, 'news').mockImplementation(async (news) => void told.push(news));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function paths(a: boolean, b: boolean): Report['paths'] {
  return [
    { server: 'a', wan: 'wan1', alive: a },
    { server: 'b', wan: 'wan1', alive: b },
  ];
}

function newsOf(world: SiteWorld) {
  return told.filter(({ site }) => site === world.id);
}

function entries(world: SiteWorld, kind: string) {
  return newsOf(world)
    .flatMap((news) => news.entries)
    .filter((entry) => entry.kind === kind);
}

/** Waits until the Fleet was told of that many entries of a kind; the last of them. */
async function entry(world: SiteWorld, kind: string, count = 1) {
  await until(async () => entries(world, kind).length >= count);
  return entries(world, kind).at(-1);
}

/** Each incident as it was told last. */
function incidents(world: SiteWorld) {
  return [...new Map(newsOf(world).flatMap((news) => news.incidents.map((incident) => [incident.id, incident]))).values()];
}

/** The site as the Fleet knows it now. */
function picture(world: SiteWorld) {
  return newsOf(world).at(-1)?.status;
}

/** A clock of our own inside the objects, from now on. */
function clock() {
  vi.useFakeTimers({ toFake: ['Date'] });
  return (ms: number) => vi.setSystemTime(Date.now() + ms);
}

/** Both alive, then only `b`: what a router reports that has cut `a` by itself. */
async function cutBy(world: SiteWorld) {
  await world.poll({ applied: 1, paths: paths(true, true) }, { hold: 0 });
  const pass = clock();
  pass(1000);
  const directive = await directiveIn(await world.poll({ applied: 1, paths: paths(false, true) }, { hold: 0 }));
  return { pass, directive };
}

describe('the judge in its site', () => {
  it('forgets a path that the router does not name any more: alive once, it would hide a dead server for a lease', async () => {
    const world = new SiteWorld();
    await world.outside('up', 'up');
    await world.newToken();
    await world.poll({ applied: 1, paths: paths(true, true) }, { hold: 0 });
    clock()(1000);
    const renamed = paths(false, true).map((path) => ({ ...path, wan: 'wan2' }));
    const directive = await directiveIn(await world.poll({ applied: 1, paths: renamed }, { hold: 0 }));
    expect(directive).toMatchObject({ mode: 'cut', active: 'b' });
    await until(async () => picture(world)?.paths.every(({ wan }) => wan === 'wan2') === true);
    expect(picture(world)?.paths.map(({ server, wan, alive }) => [server, wan, alive])).toEqual([
      ['a', 'wan2', false],
      ['b', 'wan2', true],
    ]);
  });

  it('waits at the cold start until every server has a verdict', async () => {
    const world = new SiteWorld();
    await world.outside('up', 'unknown');
    await world.newToken();
    expect((await world.poll({}, { hold: 0 })).status).toBe(204);
    await world.outside('up', 'up');
    expect(await directiveIn(await world.poll({}, { hold: 0 }))).toMatchObject({ epoch: 1, active: 'a' });
  });

  it('ignores older and equal snapshots', async () => {
    const world = await SiteWorld.running();
    await world.rpc.assume(snapshotOf(world.id, 5, healthOf('maintenance'), healthOf('up')));
    await world.rpc.assume(snapshotOf(world.id, 5, healthOf('up'), healthOf('maintenance')));
    await world.rpc.assume(snapshotOf(world.id, 4, healthOf('up'), healthOf('up')));
    expect(await directiveIn(await world.poll({ applied: 1 }, { hold: 0 }))).toMatchObject({ active: 'b', epoch: 2 });
  });

  it('keeps a stage of the way back when only its name changes', async () => {
    const world = await SiteWorld.running();
    await world.outside('maintenance', 'up');
    await directiveIn(await world.poll({ applied: 1 }, { hold: 0 }));
    await world.outside('up', 'up');
    expect(await directiveIn(await world.poll({ applied: 2 }, { hold: 0 }))).toMatchObject({
      epoch: 3,
      weights: { a: 10 },
    });
    const judge = async () => lasting('state', { ...NO_FACTS, state: await world.judge() });
    const before = await judge();
    const snapshot = snapshotOf(world.id, 50, healthOf('up'), healthOf('up'));
    await world.rpc.assume({ ...snapshot, site: snapshot.site && { ...snapshot.site, name: 'renamed' } });
    expect(await judge()).toEqual(before);
    expect((await world.poll({ applied: 3 }, { hold: 0 })).status).toBe(204);
  });

  it('follows a local cut with a directive, a switch in the timeline and an incident that ends with the recovery', async () => {
    const world = await SiteWorld.running();
    const { directive, pass } = await cutBy(world);
    expect(directive).toMatchObject({ epoch: 2, mode: 'cut', active: 'b', weights: { a: 0, b: 100 }, blame: 'path-down' });
    expect(await entry(world, 'switch', 2)).toMatchObject({ id: `site/${world.id}/epoch-2`, from: 'a', to: 'b', epoch: 2, site: world.id });
    expect(incidents(world)).toMatchObject([{ id: `site/${world.id}/epoch-2`, endedAt: null, why: directive.why }]);
    pass(30_000);
    await world.poll({ applied: 2, paths: paths(true, true) }, { hold: 0 });
    await until(async () => incidents(world)[0]?.endedAt !== null);
    expect(incidents(world)).toHaveLength(1);
  });

  it('opens an incident too for one of several that carried and was cut, though the Active stays', async () => {
    const world = await SiteWorld.running({ policy: 'weighted' });
    await world.poll({ applied: 1, paths: paths(true, false) }, { hold: 0 });
    expect(await entry(world, 'switch', 2)).toMatchObject({ from: 'a', to: 'a', mode: 'cut', weights: { a: 100, b: 0 } });
    expect(incidents(world)).toMatchObject([{ id: `site/${world.id}/epoch-2`, endedAt: null }]);
  });

  it('keeps what the router has latched after the directive was decided, and not what it had latched before', async () => {
    const world = await SiteWorld.running();
    await world.rpc.pin('b', null);
    const { basis } = await directiveIn(await world.poll({ applied: 1, seq: 100 }, { hold: 0 }));
    await world.rpc.unpin();
    await world.rpc.pin('a', null);
    const decided = await directiveIn(await world.poll({ applied: 2, seq: 100 }, { hold: 0 }));
    expect([basis, decided.basis]).toEqual([2, 100]);
    expect((await world.poll({ applied: decided.epoch, seq: 100, latched: ['a'] }, { hold: 0 })).status).toBe(204);
    const directive = await directiveIn(await world.poll({ applied: decided.epoch, seq: 101, latched: ['a'] }, { hold: 0 }));
    expect(directive).toMatchObject({ active: 'b', mode: 'cut', basis: 101 });
  });

  it('tells a router that its cut is known when the directive that crossed it had the same aim, so that the latch does not stay for ever', async () => {
    const world = await SiteWorld.running();
    await world.rpc.pin('b', null);
    const decided = await directiveIn(await world.poll({ applied: 1, seq: 100 }, { hold: 0 }));
    const crossed = { applied: decided.epoch, latched: ['a'] };
    expect((await world.poll({ ...crossed, seq: 101, paths: paths(false, true) }, { hold: 0 })).status).toBe(204);
    const known = await directiveIn(await world.poll({ ...crossed, seq: 102, paths: paths(true, true) }, { hold: 0 }));
    expect(known).toEqual({ ...decided, basis: 102 });
    expect((await world.poll({ applied: decided.epoch, seq: 103, paths: paths(true, true) }, { hold: 0 })).status).toBe(204);
  });

  it('holds when nothing is alive inside, opens an incident, and closes it when the hold is over', async () => {
    const world = await SiteWorld.running();
    expect((await world.poll({ applied: 1, paths: paths(false, false) }, { hold: 0 })).status).toBe(204);
    expect(await entry(world, 'hold')).toMatchObject({ blame: 'uplink-down', site: world.id });
    expect(incidents(world)).toMatchObject([{ site: world.id, endedAt: null }]);
    await until(async () => picture(world)?.blame === 'uplink-down');
    await world.poll({ applied: 1, paths: paths(true, true) }, { hold: 0 });
    await until(async () => incidents(world)[0]?.endedAt !== null);
    expect(picture(world)?.blame).not.toBe('uplink-down');
  });

  it('hears each resignation once', async () => {
    const world = await SiteWorld.running();
    await world.resign('a', 1000);
    expect(await directiveIn(await world.poll({ applied: 1 }, { hold: 0 }))).toMatchObject({ epoch: 2, active: 'b', blame: 'resigned' });
    const since = async () => (await world.judge()).servers.a?.resigned?.t;
    const heard = await since();
    expect(heard).toBeGreaterThan(1000);
    clock()(5000);
    await evictDurableObject(stubOf(world.id));
    await world.resign('a', 1000);
    expect(await since()).toBe(heard);
    await world.resign('a', 2000);
    expect(await since()).toBeGreaterThan(heard ?? 0);
  });

  it('acts by alarm when something is due', async () => {
    const world = new SiteWorld();
    await world.outside('up', 'unknown');
    await world.newToken();
    const held = await world.heldPoll();
    clock()(31_000);
    expect(await runDurableObjectAlarm(stubOf(world.id))).toBe(true);
    expect(await directiveIn(await held.answer)).toMatchObject({ epoch: 1, active: 'a' });
  });
});

describe('an epoch', () => {
  it('never falls, whatever ends the object', async () => {
    const world = await SiteWorld.running();
    const epochs = [1];
    const ends = [
      () => evictDurableObject(stubOf(world.id)),
      () => evictDurableObject(stubOf(world.id), { webSockets: 'close' }),
      abortAllDurableObjects,
    ];
    for (const end of ends) {
      await world.rpc.pin(epochs.length % 2 === 1 ? 'b' : 'a', null);
      await end();
      epochs.push((await directiveIn(await world.poll({ applied: 0 }, { hold: 0 }))).epoch);
    }
    expect(epochs).toEqual([1, 2, 3, 4]);
  });

  it('jumps above what the agent has applied, at once', async () => {
    const world = await SiteWorld.running();
    const directive = await directiveIn(await world.poll({ applied: 1000 }, { hold: 0 }));
    expect(directive).toMatchObject({ epoch: 1001, active: 'a', weights: { a: 100, b: 0 } });
    expect((await world.poll({ applied: 1001 }, { hold: 0 })).status).toBe(204);
    expect((await world.poll({ applied: 2 ** 53 - 1 })).status).toBe(422);
  });

  it('of the first directive is above what the agent has applied, too', async () => {
    const world = await SiteWorld.start();
    expect((await directiveIn(await world.poll({ applied: 41 }, { hold: 0 }))).epoch).toBe(42);
  });
});

describe('a control', () => {
  it('that the judge refuses is a conflict with the reason, and changes nothing', async () => {
    const world = await SiteWorld.running();
    await world.poll({ applied: 1, paths: paths(true, false) }, { hold: 0 });
    expect(await world.rpc.pin('b', null)).toMatchObject({ ok: false, status: 409, reason: expect.stringContaining('cannot reach b') });
    expect(await world.rpc.drill()).toMatchObject({ ok: false, status: 409, reason: expect.stringContaining('standby') });
    expect((await world.poll({ applied: 1, paths: paths(true, false) }, { hold: 0 })).status).toBe(204);
  });

  it('names a server of the site, or is 422', async () => {
    const world = await SiteWorld.running();
    expect(await world.rpc.pin('nobody', null)).toMatchObject({ ok: false, status: 422 });
  });

  it('is in the timeline and in the picture: pin, unpin, drill', async () => {
    const world = await SiteWorld.running();
    const untilMs = Date.now() + 60_000;
    await world.rpc.pin('b', untilMs);
    expect(await entry(world, 'pin')).toMatchObject({ server: 'b', site: world.id });
    await until(async () => picture(world)?.pin?.server === 'b');
    expect(picture(world)?.pin).toEqual({ server: 'b', until: new Date(untilMs).toISOString() });
    await world.rpc.unpin();
    await entry(world, 'unpin');
    await until(async () => picture(world)?.pin === null);
  });

  it('drills only with an agent', async () => {
    const world = await SiteWorld.start();
    expect(await world.rpc.drill()).toMatchObject({ ok: false, status: 409, reason: expect.stringContaining('silent') });
    const drilled = await SiteWorld.running();
    expect(await drilled.rpc.drill()).toEqual({ ok: true, value: null });
    expect(await entry(drilled, 'drill')).toMatchObject({ to: 'b' });
  });
});

describe('the agent', () => {
  it('is online at its first report and offline after a lease of silence', async () => {
    const world = await SiteWorld.running();
    await entry(world, 'agent.online');
    await until(async () => picture(world)?.agent.online === true);
    clock()(181_000);
    await runDurableObjectAlarm(stubOf(world.id));
    expect(await entry(world, 'agent.offline')).toMatchObject({ why: expect.stringContaining('lease 180 s') });
    await until(async () => picture(world)?.agent.online === false);
    expect(entries(world, 'agent.online')).toHaveLength(1);
  });

  it('is known to have been heard after a sleep without any socket', async () => {
    const world = await SiteWorld.running();
    await world.poll({ applied: 1, seq: 500 }, { hold: 0 });
    await runInDurableObject(stubOf(world.id), async (site: Site, state) => {
      for (const socket of state.getWebSockets()) await site.webSocketClose(socket);
    });
    await evictDurableObject(stubOf(world.id), { webSockets: 'close' });
    await world.rpc.pin('b', null);
    expect((await directiveIn(await world.poll({ applied: 1, seq: 501 }, { hold: 0 }))).basis).toBe(500);
  });

  it('is not taken for lost when it was the edge that was away', async () => {
    const world = await SiteWorld.running();
    await entry(world, 'agent.online');
    await world.poll({ applied: 1 }, { hold: 0 });
    await abortAllDurableObjects();
    const pass = clock();
    pass(600_000);
    await world.outside('down', 'up');
    await runDurableObjectAlarm(stubOf(world.id));
    expect((await world.poll({ applied: 1 }, { hold: 0 })).status).toBe(204);
    await entry(world, 'hold');
    expect(entries(world, 'hold').map(({ blame }) => blame)).toEqual(['outside-only']);
    expect(entries(world, 'agent.offline')).toEqual([]);
    await abortAllDurableObjects();
    pass(1_000);
    await runDurableObjectAlarm(stubOf(world.id));
    pass(181_000);
    await runDurableObjectAlarm(stubOf(world.id));
    await entry(world, 'agent.offline');
  });

  it('tells each problem and each measured cut once', async () => {
    const world = await SiteWorld.running();
    const problems = [{ kind: 'unknown-server', epoch: 1, message: 'no tunnel for c' }];
    const lastCut = { from: 'a', to: 'b', at: 1_700_000_000_000, silenceMs: 120.4, applyMs: 9.8 };
    for (let i = 0; i < 3; i++) await world.poll({ applied: 1, problems, lastCut }, { hold: 0 });
    expect(await entry(world, 'agent.problem')).toMatchObject({ why: 'unknown-server (epoch 1): no tunnel for c' });
    expect(await entry(world, 'measured')).toMatchObject({ outageMs: 130, from: 'a', to: 'b', id: `site/${world.id}/cut-1700000000000` });
    expect([...entries(world, 'measured'), ...entries(world, 'agent.problem')]).toHaveLength(2);
    await until(async () => picture(world)?.agent.problems.length === 1);
  });
});

describe('rows', () => {
  it('are not written by a poll that changes nothing', async () => {
    const world = await SiteWorld.running();
    await entry(world, 'agent.online');
    await until(async () => (await world.rows('SELECT seq FROM outbox')).length === 0);
    const writes = async () => (await world.rows<{ n: number }>('SELECT total_changes() AS n'))[0]?.n;
    const before = await writes();
    expect(before).toBeGreaterThan(0);
    const letters = newsOf(world).length;
    for (let i = 0; i < 3; i++)
      await world.poll({ applied: 1, paths: paths(true, true).map((path) => ({ ...path, rttMs: i })) }, { hold: 0 });
    expect(await writes()).toBe(before);
    expect(newsOf(world)).toHaveLength(letters);
  });

  it('are written when MPTCP demotes a WAN or restores it, and not for what it counts', async () => {
    const world = await SiteWorld.running();
    const wan1 = { wan: 'wan1', backup: false, subflows: 2, retransmissions: 0 };
    const hear = async (change: Partial<typeof wan1>) => {
      await world.poll({ applied: 1, mptcp: [{ ...wan1, ...change }] }, { hold: 0 });
      await until(async () => (await world.rows('SELECT seq FROM outbox')).length === 0);
    };
    await hear({});
    await until(async () => picture(world)?.mptcp !== undefined);
    const writes = async () => (await world.rows<{ n: number }>('SELECT total_changes() AS n'))[0]?.n;
    const before = await writes();
    await hear({ subflows: 3, retransmissions: 7 });
    await hear({ subflows: 1, retransmissions: 900 });
    expect(await writes()).toBe(before);
    await hear({ backup: true, subflows: 1, retransmissions: 901 });
    await until(async () => picture(world)?.mptcp?.[0]?.backup === true);
    expect(picture(world)?.mptcp).toEqual([{ wan: 'wan1', backup: true, subflows: 1, retransmissions: 901 }]);
    await hear({});
    await until(async () => picture(world)?.mptcp?.[0]?.backup === false);
    await world.poll({ applied: 1 }, { hold: 0 });
    await until(async () => picture(world)?.mptcp === undefined);
  });
});

describe('news', () => {
  it('wait for a fleet that does not answer, and come by alarm', async () => {
    const world = await SiteWorld.running();
    await entry(world, 'agent.online');
    vi.mocked(Fleet.prototype.news).mockRejectedValue(new Error('out of reach'));
    await world.rpc.pin('b', null);
    const alarm = () => runInDurableObject(stubOf(world.id), (_, state) => state.storage.getAlarm());
    await until(async () => ((await alarm()) ?? Number.POSITIVE_INFINITY) < Date.now() + 5_000);
    await evictDurableObject(stubOf(world.id));
    vi.mocked(Fleet.prototype.news).mockImplementation(async (news) => void told.push(news));
    clock()(10_000);
    await runDurableObjectAlarm(stubOf(world.id));
    expect(await entry(world, 'pin')).toMatchObject({ server: 'b' });
    await until(async () => (await world.rows('SELECT seq FROM outbox')).length === 0);
  });

  it('of a directive that the Fleet caused come with what its router says of it: one letter, not two', async () => {
    const world = await SiteWorld.running();
    await entry(world, 'agent.online');
    await until(async () => (await world.rows('SELECT seq FROM outbox')).length === 0);
    const { answer } = await world.heldPoll({ applied: 1 });
    const letters = newsOf(world).length;
    await world.resign('a', Date.now());
    const { epoch } = await directiveIn(await answer);
    expect(newsOf(world)).toHaveLength(letters);
    await world.poll({ applied: epoch }, { hold: 0 });
    expect(await entry(world, 'switch', 2)).toMatchObject({ from: 'a', to: 'b', epoch });
    expect(newsOf(world).slice(letters)).toMatchObject([{ status: { active: 'b', epoch, applied: epoch } }]);
  });

  it('of such a directive come alone when its router does not answer', async () => {
    const world = await SiteWorld.running();
    await entry(world, 'agent.online');
    const { answer } = await world.heldPoll({ applied: 1 });
    await world.resign('a', Date.now());
    const { epoch } = await directiveIn(await answer);
    expect(await entry(world, 'switch', 2)).toMatchObject({ from: 'a', to: 'b', epoch });
    expect(picture(world)).toMatchObject({ active: 'b', epoch, applied: 1 });
  });

  it('that a kill left lying come by alarm, also where no router is', async () => {
    const world = await SiteWorld.start();
    await until(async () => picture(world) !== undefined);
    vi.mocked(Fleet.prototype.news).mockImplementation(() => new Promise(() => undefined));
    await world.rpc.pin('b', null);
    const alarmMs = await runInDurableObject(stubOf(world.id), (_, state) => state.storage.getAlarm());
    expect(alarmMs).toBeLessThan(Date.now() + 3_000);
    await abortAllDurableObjects();
    vi.mocked(Fleet.prototype.news).mockImplementation(async (news) => void told.push(news));
    await runDurableObjectAlarm(stubOf(world.id));
    expect(await entry(world, 'pin')).toMatchObject({ server: 'b' });
  });

  it('carry a rising revision over restarts', async () => {
    const world = await SiteWorld.running();
    for (const server of ['b', 'a', 'b']) {
      await world.rpc.pin(server, null);
      await until(async () => picture(world)?.pin?.server === server);
      await evictDurableObject(stubOf(world.id));
    }
    const revisions = newsOf(world).map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  it('that were taken but not acknowledged are told again under the same ids', async () => {
    const world = await SiteWorld.running();
    await entry(world, 'agent.online');
    vi.mocked(Fleet.prototype.news).mockImplementationOnce(async (news) => {
      told.push(news);
      throw new Error('the answer was lost');
    });
    await world.rpc.pin('b', null);
    await entry(world, 'pin');
    await until(async () => (await world.rows('SELECT seq FROM outbox')).length > 0);
    clock()(10_000);
    await runDurableObjectAlarm(stubOf(world.id));
    await until(async () => (await world.rows('SELECT seq FROM outbox')).length === 0);
    const pins = entries(world, 'pin');
    expect(pins).toHaveLength(2);
    expect(pins[0]).toEqual(pins[1]);
  });
});
