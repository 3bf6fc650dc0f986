import { describe, expect, it } from 'vitest';
import { publicRoutes } from '../../../worker/http/public.ts';
import { serving } from '../../../worker/http/serving.ts';
import type { Metrics } from '../../../worker/protocol/metrics.ts';
import { metricsText } from '../../../worker/status/metrics.ts';
import { publicDeps } from './public-deps.ts';
import { sampleStatus } from './sample.ts';

const METRICS: Metrics = {
  status: sampleStatus((status) => {
    status.budget = { used: { doRequests: 0.25 }, slowdown: 1, why: null };
    const [home] = status.sites;
    if (home !== undefined) home.paths = [{ server: 'frankfurt', wan: 'a"b\\c\nd', alive: false, rttMs: null, loss: 1 }];
  }),
  probes: [
    { server: 'frankfurt', region: 'weur', check: 0, kind: 'tls', ok: true, ms: 12.5 },
    { server: 'frankfurt', region: 'weur', check: 1, kind: 'http', ok: false, ms: 2000, httpStatus: 503 },
  ],
  channels: [{ channel: 0, working: false, waiting: 3, failures: 2, dropped: 1 }],
};

/** Every sample as `name{labels}` → value, and what is said of each family; throws on a line that the formats do not have. */
function parsed(text: string) {
  const samples = new Map<string, number>();
  const families: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const [, family] = /^# TYPE (\S+) (?:gauge|counter)$/.exec(line) ?? [];
    if (family !== undefined) families.push(family);
    if (/^# (TYPE|HELP|EOF)/.test(line)) continue;
    const [, name, value] = /^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (\S+)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`no sample: ${line}`);
    expect(samples.has(name), `${name} twice`).toBe(false);
    samples.set(name, Number(value));
  }
  expect(new Set(families).size).toBe(families.length);
  return samples;
}

describe('metrics', () => {
  it("have blackbox_exporter's names for the latest probes", () => {
    const samples = parsed(metricsText(METRICS, 'prometheus'));
    const labels = (check: number) => `{target="frankfurt",region="weur",check="${check}"}`;
    expect(samples.get(`probe_success${labels(0)}`)).toBe(1);
    expect(samples.get(`probe_success${labels(1)}`)).toBe(0);
    expect(samples.get(`probe_duration_seconds${labels(0)}`)).toBe(0.0125);
    expect(samples.get(`probe_http_status_code${labels(1)}`)).toBe(503);
    expect(samples.has(`probe_http_status_code${labels(0)}`)).toBe(false);
  });

  it('tell health, sites, agents, budget and notifications', () => {
    const samples = parsed(metricsText(METRICS, 'openmetrics'));
    expect(samples.get('farwatch_server_health{server="ashburn",health="up"}')).toBe(1);
    expect(samples.get('farwatch_server_health{server="ashburn",health="down"}')).toBe(0);
    expect(samples.get('farwatch_site_weight{site="home",server="frankfurt"}')).toBe(100);
    expect(samples.get('farwatch_site_active{site="home",server="ashburn"}')).toBe(0);
    expect(samples.get('farwatch_site_epoch{site="home"}')).toBe(4);
    expect(samples.get('farwatch_site_applied_epoch{site="home"}')).toBe(4);
    expect(samples.get('farwatch_agent_up{site="home"}')).toBe(1);
    expect(samples.get('farwatch_incidents_open')).toBe(0);
    expect(samples.get('farwatch_budget_used_ratio{quota="doRequests"}')).toBe(0.25);
    expect(samples.get('farwatch_notification_dropped_total{channel="0"}')).toBe(1);
    expect(samples.get('farwatch_path_up{site="home",server="frankfurt",wan="a\\"b\\\\c\\nd"}')).toBe(0);
  });

  it('name a counter as each format does, and end as each ends', () => {
    const [old, open] = [metricsText(METRICS, 'prometheus'), metricsText(METRICS, 'openmetrics')];
    expect(old).toContain('# TYPE farwatch_notification_dropped_total counter\n');
    expect(open).toContain('# TYPE farwatch_notification_dropped counter\n');
    expect(open.endsWith('\n# EOF\n')).toBe(true);
    expect(old).not.toContain('EOF');
  });

  it('come as what Accept prefers', async () => {
    const answer = serving(publicRoutes({ ...publicDeps(() => METRICS.status), metrics: async () => METRICS }));
    const get = (init?: RequestInit) => answer(new Request('http://edge.test/metrics', init), {}, { waitUntil: () => undefined });
    const type = async (accept: string) => (await get({ headers: { accept } })).headers.get('content-type');
    const [old, open] = ['text/plain; version=0.0.4; charset=utf-8', 'application/openmetrics-text; version=1.0.0; charset=utf-8'];
    expect(await type('*/*')).toBe(old);
    expect(await type('text/html')).toBe(old);
    expect(await type('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.7,*/*;q=0.1')).toBe(old);
    expect(
      await type('application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5,*/*;q=0.1'),
    ).toBe(open);
    expect((await get()).headers.get('vary')).toBe('Accept');
  });
});
