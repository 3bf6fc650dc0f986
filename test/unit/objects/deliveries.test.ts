import { expect, test } from 'vitest';
import { Deliveries } from '../../../worker/objects/deliveries.ts';
import { DELIVERY_TABLE, Outstanding, type Target } from '../../../worker/objects/outstanding.ts';
import { memoryStorage } from '../../sim/storage.ts';

const HOME: Target = { kind: 'site', id: 'home', region: '' };

/** A Fleet's deliveries, whose newest revision and whose sending the test decides. */
function deliveries(send: (target: Target) => Promise<number>) {
  const storage = memoryStorage();
  storage.sql.exec(DELIVERY_TABLE);
  const outstanding = new Outstanding(storage.sql);
  const forget = (...args: Parameters<Outstanding['forget']>) => storage.transactionSync(() => outstanding.forget(...args));
  const rows = () => storage.sql.exec('SELECT id, revision FROM delivery').toArray();
  return { outstanding, rows, storage, flush: new Deliveries(outstanding, send, forget) };
}

test('what became new while the older was on its way is sent too, and no row is left', async () => {
  const sent: number[] = [];
  let revision = 1;
  const { outstanding, rows, flush } = deliveries(async () => {
    const mine = revision;
    sent.push(mine);
    if (mine === 1) outstanding.post([HOME], ++revision);
    return mine;
  });
  outstanding.post([HOME], 1);
  await flush.flush();
  await flush.cleared;
  expect(sent).toEqual([1, 2]);
  expect(rows()).toEqual([]);
  expect(outstanding.list()).toEqual([]);
});

test('what becomes new after the older was taken, and before its row is gone, keeps its row', async () => {
  const { outstanding, rows, flush } = deliveries(async () => 1);
  outstanding.post([HOME], 1);
  await flush.flush();
  expect(outstanding.list()).toEqual([]);
  outstanding.post([HOME], 2);
  await flush.cleared;
  expect(rows()).toEqual([{ id: 'home', revision: 2 }]);
  expect(outstanding.list()).toEqual([HOME]);
});

test('what failed stays a row, and is outstanding in another life', async () => {
  const { outstanding, rows, storage, flush } = deliveries(async () => {
    throw new Error('away');
  });
  outstanding.post([HOME], 7);
  await flush.flush();
  expect(flush.retryAtMs).toBeGreaterThan(Date.now());
  expect(rows()).toEqual([{ id: 'home', revision: 7 }]);
  expect(new Outstanding(storage.sql).list()).toEqual([HOME]);
});

test('how many are told together is of this time: one that never takes its snapshot does not keep the number of an earlier crowd', async () => {
  const sites = Array.from({ length: 50 }, (_, i): Target => ({ kind: 'site', id: `site-${i}`, region: '' }));
  const { outstanding, flush } = deliveries(async ({ id }) => {
    if (id === HOME.id) throw new Error('away');
    return 1;
  });
  outstanding.post([HOME, ...sites], 1);
  const first = flush.flush();
  expect(flush.crowd).toBe(51);
  await first;
  await flush.flush();
  expect(flush.crowd).toBe(1);
});

test('thousands leave moments to everybody else, and one that hangs takes none of them', async () => {
  const sites = Array.from({ length: 200 }, (_, i): Target => ({ kind: 'site', id: `site-${i}`, region: '' }));
  let sent = 0;
  const { outstanding, flush } = deliveries(async ({ id }) => {
    sent++;
    return id === 'site-3' ? new Promise<number>(() => undefined) : 1;
  });
  outstanding.post(sites, 1);
  void flush.flush();
  const between = new Set<number>();
  while (sent < sites.length) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    between.add(sent);
  }
  expect(between.size).toBeGreaterThan(5);
});
