import { describe, expect, it } from 'vitest';
import { checkSpecs, probing, serverChecks, siteRules } from '../../../worker/fleet-file/rules.ts';
import { fleetOf, smallFleet } from './fleets.ts';

function serverWith(row: Record<string, unknown>) {
  const [server] = fleetOf({ fleet: { name: 'x' }, server: [{ id: 'a', address: 'a.example.net', ...row }] }).server;
  if (server === undefined) throw new Error('no server');
  return server;
}

describe('siteRules', () => {
  it('are in milliseconds and carry what the judge needs of the servers', () => {
    const file = smallFleet();
    file.probing.interval_s = 2.5;
    Object.assign(file.site[0] ?? {}, { stage_soak_s: 0.25, drill: { cron: '0 4 * * *', duration_s: 30 } });
    const fleet = fleetOf(file);
    expect(fleet.site.map((site) => siteRules(fleet, site))).toEqual([
      {
        id: 'home',
        servers: [
          { id: 'a', priority: 200, weight: 100 },
          { id: 'b', priority: 100, weight: 100 },
        ],
        policy: 'priority',
        preempt: true,
        preemptDelayMs: 60_000,
        failbackStages: [10, 50, 100],
        stageSoakMs: 250,
        trustOutside: false,
        leaseMs: 180_000,
        intervalMs: 2500,
        damping: { halfLifeMs: 300_000, maxMs: 900_000 },
        drillDurationMs: 30_000,
      },
    ]);
  });

  it('throw for a fleet that readFleet would not have let through', () => {
    const fleet = fleetOf(smallFleet());
    expect(() => fleet.site.map((site) => siteRules({ ...fleet, server: [] }, site))).toThrow(/site home names the server a/);
  });
});

it('probing is in milliseconds', () => {
  expect(probing(fleetOf(smallFleet()))).toEqual({ intervalMs: 10_000, fastIntervalMs: 1000, timeoutMs: 2000, fall: 3, rise: 3 });
});

describe('checkSpecs', () => {
  const OMR = { kind: 'tls', host: 'a.example.net', port: 65_500, critical: true };

  it('expand the preset', () => {
    expect(checkSpecs(serverWith({ preset: 'omr' }))).toEqual([OMR]);
  });

  it('put the preset behind the checks of the file, which keep their places', () => {
    expect(checkSpecs(serverWith({ preset: 'omr', check: [{ kind: 'tcp', port: 1 }] }))).toEqual([{ ...OMR, kind: 'tcp', port: 1 }, OMR]);
  });

  it("let the file's own check of the same kind and port win over the preset's", () => {
    expect(checkSpecs(serverWith({ preset: 'omr', check: [{ kind: 'tls', port: 65_500, critical: false }] }))).toEqual([
      { ...OMR, critical: false },
    ]);
  });

  it('fill in defaults', () => {
    const check = [
      { kind: 'banner', port: 22 },
      { kind: 'banner', port: 21, expect_body: '220' },
      { kind: 'http', url: 'https://a.example.net/x', expect_status: 204 },
      { kind: 'http', url: 'http://a.example.net:8080/', expect_status: [200, 201], expect_body: 'ok', critical: false },
      { kind: 'http', url: 'https://[2001:db8::1]/' },
    ];
    expect(checkSpecs(serverWith({ check }))).toEqual([
      { kind: 'banner', host: 'a.example.net', port: 22, expectBody: 'SSH-', critical: true },
      { kind: 'banner', host: 'a.example.net', port: 21, expectBody: '220', critical: true },
      { kind: 'http', host: 'a.example.net', port: 443, url: 'https://a.example.net/x', expectStatus: [204], critical: true },
      {
        kind: 'http',
        host: 'a.example.net',
        port: 8080,
        url: 'http://a.example.net:8080/',
        expectStatus: [200, 201],
        expectBody: 'ok',
        critical: false,
      },
      { kind: 'http', host: '2001:db8::1', port: 443, url: 'https://[2001:db8::1]/', critical: true },
    ]);
  });
});

it('serverChecks are in the order of the specs', () => {
  const file = smallFleet();
  Object.assign(file.server[0] ?? {}, { preset: 'omr', check: [{ kind: 'tcp', port: 1, critical: false }] });
  expect(serverChecks(fleetOf(file))).toEqual({ a: { critical: [false, true] }, b: { critical: [true] } });
});
