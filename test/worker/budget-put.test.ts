import { reset } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, expect, it } from 'vitest';
import { type Env, fleetOf } from '../../worker/env.ts';
import { propose } from '../../worker/objects/fleet-config.ts';

afterEach(reset);

/** Five vantages, every second. */
function greedy(plan?: 'free' | 'paid'): string {
  return JSON.stringify({
    fleet: { name: 'greedy', ...(plan === undefined ? {} : { plan }) },
    probing: { interval_s: 1, timeout_ms: 900 },
    vantage: ['weur', 'enam', 'apac', 'oc', 'sam'].map((region) => ({ id: region, region })),
    server: [{ id: 'a', address: 'a.example.net', check: [{ kind: 'tcp', port: 443 }] }],
  });
}

function put(body: string): Promise<Response> {
  const worker = exports as unknown as { default: Fetcher };
  const headers = { authorization: 'Bearer test-admin-token', 'content-type': 'application/json' };
  return worker.default.fetch('https://edge.test/admin/v1/fleet', { method: 'PUT', headers, body });
}

it('refuses a fleet that its plan cannot carry, with the numbers and with what would fit', async () => {
  const answer = await put(greedy('free'));
  expect(answer.status).toBe(422);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const { errors, detail } = await answer.json<{ errors: { path: string; message: string }[]; detail: string }>();
  expect(new Set(errors.map(({ path }) => path))).toEqual(new Set(['/fleet/plan']));
  expect(errors[0]?.message).toMatch(
    /^Durable Object requests on a typical day: 86\d,\d{3} a day, and the free plan has 100,000: over by /,
  );
  expect(errors.at(-1)?.message).toMatch(/interval_s = \d+ \(now 1\); .*plan = "paid"/);
  expect(detail).toContain('100,000');
  expect(await fleetOf(env as unknown as Env).getFleet()).toBeNull();
});

it('takes it on the paid plan', async () => {
  expect((await put(greedy('paid'))).status).toBe(200);
});

it("warns only, on one's own machine, when the file names no plan", async () => {
  const answer = await put(greedy());
  expect(answer.status).toBe(200);
  expect((await answer.json<{ warnings: string[] }>()).warnings.join()).toContain('would not fit the free plan');
});

it('refuses it in production whether the plan is named or not', () => {
  const options = { dryRun: false, ifMatch: null, note: '' };
  const { answer } = propose(null, greedy(), 'json', options, { nowMs: 0, allowPrivate: false });
  expect(answer).toMatchObject({ ok: false, status: 422 });
});

it('lets a version that was in force come back', () => {
  const options = { dryRun: false, ifMatch: null, note: '', again: true };
  const { answer } = propose(null, greedy('free'), 'json', options, { nowMs: 0, allowPrivate: false });
  expect(answer).toMatchObject({ ok: true, value: { warnings: [expect.stringContaining('would not fit')] } });
});
