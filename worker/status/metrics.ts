import type { Metrics } from '../protocol/metrics.ts';
import { isOpen, type Status } from './view.ts';

/** Prometheus' text format 0.0.4, or OpenMetrics 1.0.0. */
export type MetricsFormat = 'prometheus' | 'openmetrics';

type Labels = Record<string, string>;
type Sample = readonly [Labels, number];

/** A metric family. A counter's name is without `_total`; the samples have it. */
interface Family {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: Sample[];
}

/** All metrics as text. blackbox_exporter's names where they fit, so that its dashboards and alerts work; ours begin with `farwatch_`. */
export function metricsText(metrics: Metrics, format: MetricsFormat): string {
  const families = [...probes(metrics), ...servers(metrics.status), ...sites(metrics.status), ...monitor(metrics)];
  const text = families.filter(({ samples }) => samples.length > 0).map((family) => familyText(family, format));
  return `${text.join('')}${format === 'openmetrics' ? '# EOF\n' : ''}`;
}

function gauge(name: string, help: string, samples: Sample[]): Family {
  return { name, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: Sample[]): Family {
  return { name, type: 'counter', help, samples };
}

/** `check` is the check's place in the fleet file, as in traces; `farwatch_check_info` tells its kind. */
function probes({ probes: all }: Metrics): Family[] {
  const labels = ({ server, region, check }: (typeof all)[number]) => ({ target: server, region, check: String(check) });
  const kinds = new Map(all.map(({ server, check, kind }) => [`${server}/${check}`, { target: server, check: String(check), kind }]));
  const http = all.flatMap((probe) => (probe.httpStatus === undefined ? [] : [[labels(probe), probe.httpStatus] as const]));
  return [
    gauge(
      'probe_success',
      'Whether the latest probe succeeded.',
      all.map((probe) => [labels(probe), probe.ok ? 1 : 0]),
    ),
    gauge(
      'probe_duration_seconds',
      'How long the latest probe took, in seconds.',
      all.map((probe) => [labels(probe), probe.ms / 1000]),
    ),
    gauge('probe_http_status_code', 'The status that the latest HTTP probe was answered; 0: none.', http),
    gauge(
      'farwatch_check_info',
      'The kind of each check.',
      [...kinds.values()].map((kind) => [kind, 1]),
    ),
  ];
}

function servers({ servers: all, vantages }: Status): Family[] {
  const healths = ['up', 'down', 'unknown', 'maintenance'] as const;
  return [
    gauge(
      'farwatch_server_health',
      'The health of each server: 1 for the state that it is in.',
      all.flatMap(({ id, health }) => healths.map((one) => [{ server: id, health: one }, one === health ? 1 : 0] as const)),
    ),
    gauge(
      'farwatch_server_up',
      'Whether a server is up, by the majority of the vantages.',
      all.map(({ id, health }) => [{ server: id }, health === 'up' ? 1 : 0]),
    ),
    gauge(
      'farwatch_vantage_sighted',
      'Whether a vantage is heard and sees its witnesses.',
      vantages.map(({ id, region, sighted }) => [{ vantage: id, region }, sighted ? 1 : 0]),
    ),
  ];
}

function sites({ sites: all }: Status): Family[] {
  const each = (value: (site: (typeof all)[number]) => number): Sample[] => all.map((site) => [{ site: site.id }, value(site)]);
  const shares = (value: (site: (typeof all)[number], server: string) => number): Sample[] =>
    all.flatMap((site) => Object.keys(site.weights).map((server) => [{ site: site.id, server }, value(site, server)] as const));
  const paths = all.flatMap(({ id, paths }) =>
    paths.map((path) => ({ path, labels: { site: id, server: path.server, wan: path.wan ?? '' } })),
  );
  return [
    gauge(
      'farwatch_site_weight',
      'Percent of new flows that a server gets.',
      shares((site, server) => site.weights[server] ?? 0),
    ),
    gauge(
      'farwatch_site_active',
      'Whether a server is the Active of a site.',
      shares((site, server) => (site.active === server ? 1 : 0)),
    ),
    gauge(
      'farwatch_site_epoch',
      'The epoch of the newest directive.',
      each(({ epoch }) => epoch),
    ),
    gauge(
      'farwatch_site_applied_epoch',
      'The epoch that the agent says it applied; 0: none yet.',
      each(({ applied }) => applied ?? 0),
    ),
    gauge(
      'farwatch_site_pinned',
      'Whether a person has pinned a site to a server.',
      each(({ pin }) => (pin === null ? 0 : 1)),
    ),
    gauge(
      'farwatch_agent_up',
      'Whether the agent of a site is heard.',
      each(({ agent }) => (agent.online ? 1 : 0)),
    ),
    gauge(
      'farwatch_path_up',
      'Whether heartbeats come through a path (a WAN and a tunnel).',
      paths.map(({ path, labels }) => [labels, path.alive ? 1 : 0]),
    ),
    gauge(
      'farwatch_path_rtt_seconds',
      'Smoothed round-trip time of a path, in seconds.',
      paths.flatMap(({ path, labels }) => (path.rttMs === null ? [] : [[labels, path.rttMs / 1000] as const])),
    ),
    gauge(
      'farwatch_path_loss_ratio',
      'Share of heartbeats that a path loses, 0 to 1.',
      paths.flatMap(({ path, labels }) => (path.loss === null ? [] : [[labels, path.loss] as const])),
    ),
  ];
}

function monitor({ status, channels }: Metrics): Family[] {
  const each = (value: (channel: (typeof channels)[number]) => number): Sample[] =>
    channels.map((channel) => [{ channel: String(channel.channel) }, value(channel)]);
  return [
    gauge('farwatch_incidents_open', 'Incidents that have not ended.', [[{}, status.incidents.filter(isOpen).length]]),
    gauge('farwatch_fleet_version', 'The version of the fleet file that is in force.', [[{}, status.fleet.version]]),
    gauge(
      'farwatch_budget_used_ratio',
      'Share of a daily limit of the plan that is used since midnight UTC.',
      Object.entries(status.budget?.used ?? {}).map(([quota, used]) => [{ quota }, used]),
    ),
    gauge(
      'farwatch_probing_slowdown',
      'By how much probing is slower than configured, so that a quota lasts the day; 1: it is not.',
      status.budget === undefined ? [] : [[{}, status.budget.slowdown]],
    ),
    gauge(
      'farwatch_notification_working',
      'Whether a channel took its last message.',
      each(({ working }) => (working ? 1 : 0)),
    ),
    gauge(
      'farwatch_notification_waiting',
      'Facts that a channel has not been told yet.',
      each(({ waiting }) => waiting),
    ),
    gauge(
      'farwatch_notification_failures',
      'Failed tries of the message that is under way.',
      each(({ failures }) => failures),
    ),
    counter(
      'farwatch_notification_dropped',
      'Messages that were given up.',
      each(({ dropped }) => dropped),
    ),
  ];
}

/** In the old format a counter's family is called as its samples are; OpenMetrics names the family without `_total`. */
function familyText({ name, type, help, samples }: Family, format: MetricsFormat): string {
  const sampleName = type === 'counter' ? `${name}_total` : name;
  const family = format === 'openmetrics' ? name : sampleName;
  const lines = samples.map(([labels, value]) => `${sampleName}${labelText(labels)} ${value}\n`);
  return `# HELP ${family} ${escapeHelp(help)}\n# TYPE ${family} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeHelp(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
