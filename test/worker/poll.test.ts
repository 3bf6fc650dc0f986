import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { mintToken } from '../../worker/objects/tokens.ts';
import { directiveIn, SiteWorld, send, stubOf } from './site-world.ts';

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return response.json<{ status: number; detail: string; errors?: { path: string }[] }>();
}

describe('a poll', () => {
  it('is answered at once while the router has not applied the newest directive', async () => {
    const world = await SiteWorld.start();
    const directive = await directiveIn(await world.poll());
    expect(directive).toMatchObject({ active: 'a', weights: { a: 100, b: 0 }, leaseMs: 180_000, blame: 'none' });
    expect(await directiveIn(await world.poll())).toEqual(directive);
  });

  it('is held when there is nothing new, and then ends with 204', async () => {
    const world = await SiteWorld.running();
    const begun = Date.now();
    const answer = await world.poll({ applied: 1 }, { hold: 300 });
    expect(answer.status).toBe(204);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(295);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('brings a changed directive within a second', async () => {
    const world = await SiteWorld.running();
    const held = await world.heldPoll({ applied: 1 });
    const begun = Date.now();
    expect(await world.rpc.pin('b', null)).toEqual({ ok: true, value: null });
    const directive = await directiveIn(await held.answer);
    expect(Date.now() - begun).toBeLessThan(1000);
    expect(directive).toMatchObject({ active: 'b', weights: { a: 0, b: 100 }, mode: 'drain', blame: 'pin', epoch: 2 });
  });

  it.each([
    [1, null],
    [2000, '8'],
  ])(
    'of one of %d that are told at once asks with Retry-After %s for its confirmation, which is heard whenever it comes',
    async (crowd, retryAfter) => {
      const world = await SiteWorld.running();
      const held = await world.heldPoll({ applied: 1 });
      await world.resign('a', Date.now(), crowd);
      const answer = await held.answer;
      expect(answer.headers.get('retry-after')).toBe(retryAfter);
      const { active, epoch } = await directiveIn(answer);
      expect(active).toBe('b');
      expect((await world.poll({ applied: epoch }, { hold: 0 })).status).toBe(204);
    },
  );

  it('names as basis the last report that was known when the directive was decided', async () => {
    const world = await SiteWorld.running();
    const held = await world.heldPoll({ applied: 1, seq: 77 });
    await world.rpc.pin('b', null);
    expect((await directiveIn(await held.answer)).basis).toBe(77);
    expect((await directiveIn(await world.poll({ applied: 1, seq: 78 }))).basis).toBe(77);
  });

  it('of an agent that is newer than the edge is heard, and what is not known here passed over', async () => {
    const world = await SiteWorld.running();
    const paths = [{ server: 'a', alive: true, rttMs: 20, loss: 0, jitterMs: 3 }];
    const newer = { applied: 1, paths, battery: { percent: 80 } };
    expect((await world.poll(newer, { hold: 0 })).status).toBe(204);
  });

  it.each(['__proto__', 'constructor', 'toString'])('that names a WAN %s is 422, and changes nothing that objects inherit', async (wan) => {
    const world = await SiteWorld.running();
    const paths = [{ server: 'a', wan, alive: false, rttMs: null }];
    expect((await world.poll({ applied: 1, paths })).status).toBe(422);
  });

  it('wakes a site that was evicted while the poll was held', async () => {
    const world = await SiteWorld.running();
    const held = await world.heldPoll({ applied: 1, seq: 50 });
    await evictDurableObject(stubOf(world.id));
    await world.rpc.pin('b', null);
    expect(await directiveIn(await held.answer)).toMatchObject({ active: 'b', epoch: 2, basis: 50 });
  });

  it('ends the older poll of the same agent at once', async () => {
    const world = await SiteWorld.running();
    const older = await world.heldPoll({ applied: 1 });
    const newer = await world.heldPoll({ applied: 1 });
    expect((await older.answer).status).toBe(204);
    expect(await world.waiting()).toHaveLength(1);
    await world.rpc.pin('b', null);
    expect((await newer.answer).status).toBe(200);
  });

  it('that overtook is not undone by the report that it overtook', async () => {
    const world = await SiteWorld.running();
    const held = await world.heldPoll({ applied: 1, seq: 90 });
    const dead = [
      { server: 'a', alive: false },
      { server: 'b', alive: true },
    ];
    expect((await world.poll({ applied: 1, seq: 89, paths: dead })).status).toBe(204);
    expect(await world.waiting()).toHaveLength(1);
    await world.rpc.pin('b', null);
    expect(await directiveIn(await held.answer)).toMatchObject({ blame: 'pin' });
  });
});

describe('two agents for one site', () => {
  it('cannot take turns: the one that started last stays, the other gets 409', async () => {
    const world = await SiteWorld.running();
    const older = await world.heldPoll({ applied: 1, instance: 'agent-1' });
    const newer = await world.heldPoll({ applied: 1, instance: 'agent-2' });
    expect((await older.answer).status).toBe(204);
    const refused = await world.poll({ applied: 1, instance: 'agent-1' });
    expect(refused.status).toBe(409);
    expect((await problemOf(refused)).detail).toContain('another agent');
    await world.rpc.pin('b', null);
    expect((await newer.answer).status).toBe(200);
  });

  it('cannot take turns under a lease that is shorter than a poll is held, and the other is heard when the winner is gone', async () => {
    const world = await SiteWorld.running({ leaseMs: 1000 });
    await world.heldPoll({ applied: 1, instance: 'agent-1' });
    const newer = await world.heldPoll({ applied: 1, instance: 'agent-2' });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await world.poll({ applied: 1, instance: 'agent-1' })).status).toBe(409);
    await world.rpc.pin('b', null);
    expect((await newer.answer).status).toBe(200);
    expect((await world.poll({ applied: 2, instance: 'agent-1' }, { hold: 0 })).status).not.toBe(409);
  });

  it('count their reports each for itself: a cut of one is not taken for known because the other has counted further', async () => {
    const world = await SiteWorld.running();
    const held = await world.heldPoll({ instance: 'agent-1', applied: 1, seq: 9000 });
    await world.rpc.pin('b', null);
    expect(await directiveIn(await held.answer)).toMatchObject({ epoch: 2, active: 'b', basis: 9000 });
    const cut = { instance: 'agent-2', applied: 2, seq: 10, latched: ['b'] };
    expect(await directiveIn(await world.poll(cut, { hold: 0 }))).toMatchObject({ epoch: 3, active: 'a', basis: 10 });
  });

  it('are told apart after the site slept, too', async () => {
    const world = await SiteWorld.running();
    await world.heldPoll({ applied: 1, instance: 'agent-2' });
    await evictDurableObject(stubOf(world.id));
    expect((await world.poll({ applied: 1, instance: 'agent-1' })).status).toBe(409);
  });

  it('are told apart after a restart that took the sockets, and the one that started last is heard, whoever asks first', async () => {
    const world = await SiteWorld.running();
    await world.poll({ applied: 1, instance: 'agent-2' }, { hold: 0 });
    await evictDurableObject(stubOf(world.id), { webSockets: 'close' });
    expect((await world.poll({ applied: 1, instance: 'agent-1' })).status).toBe(409);
    expect((await world.poll({ applied: 1, instance: 'agent-2' }, { hold: 0 })).status).toBe(204);
  });
});

describe('a token', () => {
  it('that is missing, malformed, of another kind or unknown is 401 with a challenge', async () => {
    const world = await SiteWorld.start();
    const wrong = ['nonsense', mintToken('fws', world.id), mintToken('fwv', world.id), 'test-admin-token'];
    for (const answer of [
      await send('POST', '/agent/v1/poll', { json: world.report() }),
      ...(await Promise.all(wrong.map((token) => world.poll({}, { token })))),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      await problemOf(answer);
    }
  });

  it('opens its own site only', async () => {
    const [world, other] = [await SiteWorld.start(), await SiteWorld.start()];
    expect((await world.poll({ site: other.id })).status).toBe(403);
    expect((await world.poll({ site: other.id }, { token: mintToken('fws', world.id) })).status).toBe(401);
  });

  it('that is revoked ends its held polls at once, and only its own', async () => {
    const world = await SiteWorld.running();
    const held = await world.heldPoll({ applied: 1 });
    const { token, tokenId } = world;
    await world.newToken();
    await world.rpc.revokeToken(tokenId);
    expect((await held.answer).status).toBe(401);
    expect((await world.poll({ applied: 1 }, { token })).status).toBe(401);
    const kept = await world.heldPoll({ applied: 1 });
    await world.rpc.pin('b', null);
    expect((await kept.answer).status).toBe(200);
  });

  it('is valid for a second one at the same time, and not for a third', async () => {
    const world = await SiteWorld.start();
    const first = world.token;
    await world.newToken();
    for (const token of [first, world.token]) expect((await world.poll({}, { token })).status).toBe(200);
    expect(await world.rpc.createToken()).toMatchObject({ ok: false, status: 409 });
    const listed = await world.rpc.listTokens();
    expect(listed.ok && listed.value.map(({ lastUsedAt }) => lastUsedAt !== null)).toEqual([true, true]);
  });

  it('is stored as a hash only', async () => {
    const world = await SiteWorld.start();
    expect(JSON.stringify(await world.rows('SELECT * FROM token'))).not.toContain(world.token.slice(-43));
  });
});

describe('a site', () => {
  it('that nobody set up is 404, and leaves no table behind', async () => {
    const token = mintToken('fws', 'ghost');
    const world = await SiteWorld.start();
    const answer = await send('POST', '/agent/v1/poll', { token, json: world.report({ site: 'ghost' }) });
    expect(answer.status).toBe(404);
    await problemOf(answer);
    const tables = await runInDurableObject(stubOf('ghost'), (_, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('that left the fleet file is 404, for held polls at once', async () => {
    const world = await SiteWorld.running();
    const held = await world.heldPoll({ applied: 1 });
    await world.leaveFleet();
    expect((await held.answer).status).toBe(404);
    expect((await world.poll({ applied: 1 })).status).toBe(404);
    await world.outside('up', 'up');
    expect((await world.poll({ applied: 1 }, { hold: 0 })).status).toBe(204);
  });
});

describe('a body', () => {
  it('that is empty, not JSON or not a report is 422 with the places', async () => {
    const world = await SiteWorld.start();
    const { token } = world;
    for (const body of ['', '{', '{}', '[]', 'null']) {
      const answer = await send('POST', '/agent/v1/poll', { token, body, type: 'application/json' });
      expect(answer.status, body).toBe(422);
      expect((await problemOf(answer)).errors?.length).toBeGreaterThan(0);
    }
    const wrong = await world.poll({ applied: -1, seq: 0.5 });
    expect((await problemOf(wrong)).errors?.map(({ path }) => path).sort()).toEqual(['/applied', '/seq']);
  });

  it('over 64 KiB is 413, of another type 415, and without a valid token neither', async () => {
    const { token } = await SiteWorld.start();
    const body = 'x'.repeat(65_537);
    expect((await send('POST', '/agent/v1/poll', { token, body, type: 'application/json' })).status).toBe(413);
    expect((await send('POST', '/agent/v1/poll', { token, body: '{}', type: 'text/plain' })).status).toBe(415);
    expect((await send('POST', '/agent/v1/poll', { token: 'nobody', body, type: 'application/json' })).status).toBe(401);
  });

  it('asks for a hold within bounds', async () => {
    const world = await SiteWorld.start();
    for (const hold of [-1, 50_001, Number.NaN]) expect((await world.poll({}, { hold })).status).toBe(422);
  });

  it('may name every path that the schema allows', async () => {
    const world = await SiteWorld.running();
    const paths = Array.from({ length: 64 }, (_, i) => ({
      server: 'a',
      wan: `${'ü'.repeat(30)}${i}`,
      alive: true,
      rttMs: 123.456,
      loss: 0.125,
    }));
    const problems = Array.from({ length: 16 }, (_, i) => ({ kind: `kind-${i}`, message: 'ü'.repeat(500) }));
    const held = await world.heldPoll({ applied: 1, paths, problems });
    await evictDurableObject(stubOf(world.id));
    await world.rpc.pin('b', null);
    expect((await held.answer).status).toBe(200);
  });
});

describe('the echo', () => {
  it("tells an agent its address, and nobody else's", async () => {
    const { token } = await SiteWorld.start();
    const headers = { 'cf-connecting-ip': '203.0.113.9' };
    const answer = await send('GET', '/agent/v1/echo', { token, headers });
    expect(await answer.json()).toEqual({ address: '203.0.113.9' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await send('GET', '/agent/v1/echo', { headers })).status).toBe(401);
  });
});
