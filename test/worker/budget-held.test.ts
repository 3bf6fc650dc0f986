import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, it } from 'vitest';
import { HELD_ALARM_MS } from '../../worker/objects/cadence.ts';
import { SiteWorld, stubOf, until } from './site-world.ts';

const LEASE_MS = 180_000;
let world: SiteWorld;

afterEach(async () => closeAll());

/** How far off the site's alarm is, in milliseconds. */
async function alarmIn(): Promise<number> {
  const atMs = await runInDurableObject(stubOf(world.id), (_, state) => state.storage.getAlarm());
  return (atMs ?? Number.POSITIVE_INFINITY) - Date.now();
}

/** As when the Worker, or the router behind it, is gone. */
async function closeAll(): Promise<void> {
  await runInDurableObject(stubOf(world.id), (_, state) => {
    for (const socket of state.getWebSockets()) if (socket.readyState === WebSocket.OPEN) socket.close(1000, 'gone');
  });
}

/** The first alarm, from before the first poll, has gone off. */
async function withoutOldAlarm(): Promise<void> {
  await runInDurableObject(stubOf(world.id), (_, state) => state.storage.deleteAlarm());
  await evictDurableObject(stubOf(world.id));
}

it('sets no alarm for the silence of a router while its poll waits, and sets it when the socket closes', async () => {
  world = await SiteWorld.running();
  await withoutOldAlarm();
  await world.heldPoll({ applied: 1 });
  expect(await alarmIn()).toBeGreaterThan(HELD_ALARM_MS - 10_000);
  await closeAll();
  await until(async () => (await alarmIn()) < LEASE_MS + 1000);
  expect(await alarmIn()).toBeGreaterThan(LEASE_MS - 10_000);
});
