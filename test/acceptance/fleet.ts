/*
 * Fleet files of the traces, as a stranger would write them. `fleet()` is the one that most stories need: three vantages, `a` (priority 200) and `b`
 * (priority 100), one site; what is different is named.
 */

export interface Check {
  kind: 'tls' | 'tcp' | 'banner';
  port: number;
  critical?: boolean;
}

export interface Server {
  id: string;
  priority?: number;
  weight?: number;
  region?: string;
  check?: Check[];
}

export interface Site {
  id: string;
  servers: string[];
  policy?: 'priority' | 'weighted';
  preempt?: boolean;
  preempt_delay_s?: number;
  failback_stages?: number[];
  stage_soak_s?: number;
  trust_outside?: boolean;
  lease_s?: number;
  quality?: { max_loss?: number; max_rtt_ms?: number; window_s?: number };
  damping?: { half_life_s?: number; max_s?: number };
}

export interface Fleet {
  fleet: { name: string; plan: 'free' | 'paid' };
  probing: { interval_s: number; fast_interval_ms: number; timeout_ms: number; fall: number; rise: number };
  vantage: { id: string; region: string; witnesses?: string[] }[];
  server: (Required<Pick<Server, 'priority' | 'weight' | 'region' | 'check'>> & { id: string; name: string; address: string })[];
  site: (Site & { name: string })[];
}

interface Wish {
  vantages?: string[];
  servers?: Server[];
  /** Keys of the one site; its servers are all servers. */
  site?: Omit<Partial<Site>, 'id' | 'servers'>;
  /** Instead of the one site. */
  sites?: Site[];
  probing?: Partial<Fleet['probing']>;
}

const REGIONS = ['weur', 'enam', 'apac', 'wnam', 'eeur', 'oc'];
const TLS: Check = { kind: 'tls', port: 65500 };

export const A: Server = { id: 'a', priority: 200 };
export const B: Server = { id: 'b', priority: 100 };
export const C: Server = { id: 'c', priority: 50 };

export function fleet({ vantages = ['weur', 'enam', 'apac'], servers = [A, B], site = {}, sites, probing = {} }: Wish = {}): Fleet {
  const all = sites ?? [{ id: 'home', servers: servers.map(({ id }) => id), ...site }];
  return {
    fleet: { name: 'acceptance', plan: 'paid' },
    probing: { interval_s: 10, fast_interval_ms: 1000, timeout_ms: 2000, fall: 3, rise: 3, ...probing },
    vantage: vantages.map((id) => ({ id, region: id, witnesses: ['https://example.com/', 'https://www.iana.org/'] })),
    server: servers.map(({ id, priority = 100, weight = 100, region, check = [TLS] }, n) => ({
      ...{ id, name: `VPS ${id}`, address: `${id}.vps.example.net`, region: region ?? REGIONS[n] ?? 'weur' },
      ...{ priority, weight, check },
    })),
    site: all.map((one) => ({ name: one.id, ...SITE_DEFAULTS, ...one })),
  };
}

const SITE_DEFAULTS = {
  ...{ policy: 'priority' as const, preempt: true, preempt_delay_s: 60, failback_stages: [10, 50, 100], stage_soak_s: 60 },
  ...{ trust_outside: false, lease_s: 180 },
};
