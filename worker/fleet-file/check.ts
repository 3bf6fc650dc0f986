import { canonicalHost, isIpLiteral, isPrivateHost, portOf, unbracketed } from './address.ts';
import type { Draft } from './schema.ts';

/** `path` is a JSON Pointer (RFC 6901) into the file. */
export interface FleetError {
  path: string;
  message: string;
}

export interface CheckOptions {
  /** Loopback and private addresses and http witnesses are allowed: on the user's own machine. From Cloudflare's network they are unreachable. */
  allowPrivate: boolean;
}

/** What the checks found; each of them adds to it. */
export interface Findings {
  errors: FleetError[];
  warnings: string[];
}

type DraftServer = Draft['server'][number];
type DraftCheck = NonNullable<DraftServer['check']>[number];
type DraftSite = Draft['site'][number];

/** What looks at more than one key of the file. Keys that are missing or were wrong are passed over: somebody else has reported them. */
export function checkFleet(draft: Draft, options: CheckOptions): Findings {
  const found: Findings = { errors: [], warnings: [] };
  checkProbing(draft.probing, found);
  for (const name of ['vantage', 'server', 'site'] as const) checkUniqueIds(name, draft[name], found);
  checkVantages(draft, options, found);
  for (const [index, server] of draft.server.entries()) checkServer(server, `/server/${index}`, options, found);
  const known = new Map(draft.server.flatMap((server) => (server.id === undefined ? [] : [[server.id, server] as const])));
  for (const [index, site] of draft.site.entries()) checkSite(site, `/site/${index}`, known, found);
  return found;
}

function checkProbing({ interval_s, timeout_ms, fast_interval_ms }: Draft['probing'], found: Findings): void {
  if (interval_s === undefined) return;
  if (timeout_ms !== undefined && timeout_ms >= interval_s * 1000) {
    const message = `timeout_ms is ${timeout_ms}, but must be less than interval_s (${interval_s} s): a round has to end before the next begins`;
    found.errors.push({ path: '/probing/timeout_ms', message });
  }
  if (fast_interval_ms !== undefined && fast_interval_ms > interval_s * 1000) {
    const message = `fast_interval_ms is ${fast_interval_ms}, but must be at most interval_s (${interval_s} s): it is the cadence of suspicion`;
    found.errors.push({ path: '/probing/fast_interval_ms', message });
  }
}

function checkUniqueIds(table: string, rows: readonly { id?: string | undefined }[], found: Findings): void {
  const first = new Map<string, number>();
  for (const [index, { id }] of rows.entries()) {
    if (id === undefined) continue;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else
      found.errors.push({
        path: `/${table}/${index}/id`,
        message: `id is "${id}", but ${table}[${earlier}] has it already: ids of a kind are unique`,
      });
  }
}

function checkVantages(draft: Draft, options: CheckOptions, found: Findings): void {
  const vantages = draft.vantage;
  if (draft.server.length > 0 && vantages.length === 0)
    found.warnings.push(
      'no [[vantage]]: nothing is probed from outside, every server stays unknown, and traffic that left a dead path does not return by itself',
    );
  for (const [region, rows] of groups(vantages, (row) => row.region)) {
    if (rows.length > 1) found.warnings.push(`vantages ${names(rows)} are all in ${region}: what blinds one blinds the others`);
  }
  for (const [index, vantage] of vantages.entries()) {
    for (const [place, witness] of (vantage.witnesses ?? []).entries())
      if (witness !== undefined) checkWitness(witness, `/vantage/${index}/witnesses/${place}`, options, found);
  }
}

function checkWitness(witness: string, path: string, { allowPrivate }: CheckOptions, found: Findings): void {
  const url = URL.parse(witness);
  if (url === null || allowPrivate) return;
  if (url.protocol !== 'https:')
    found.errors.push({ path, message: `witness is "${witness}", but must be https:// here: only \`serve\` allows http` });
  const host = unbracketed(url.hostname);
  if (isPrivateHost(host)) found.errors.push({ path, message: `witness is "${witness}", but ${unroutable(host)}` });
}

function checkServer(server: DraftServer, path: string, options: CheckOptions, found: Findings): void {
  if (server.address !== undefined) checkAddress(server.address, `${path}/address`, options, found);
  const checks = server.check;
  if (checks?.length === 0 && server.preset === undefined) {
    found.errors.push({ path: `${path}/check`, message: 'check is missing: add a [[server.check]], or preset = "omr"' });
  }
  if (server.preset === undefined && checks?.length && checks.every(({ critical }) => critical === false))
    found.warnings.push(`server "${server.id}": none of its checks is critical, so that nothing decides and it stays unknown`);
  for (const [index, check] of (checks ?? []).entries()) checkCheck(check, `${path}/check/${index}`, options, found);
}

function checkAddress(address: string, path: string, { allowPrivate }: CheckOptions, found: Findings): void {
  const host = canonicalHost(address);
  if (host === null) {
    found.errors.push({
      path,
      message: `address is "${address}", but must be a host name or an IPv4 or IPv6 address, without scheme, port or brackets`,
    });
  } else if (!allowPrivate && isPrivateHost(host)) {
    found.errors.push({ path, message: `address is "${address}", but ${unroutable(host)}` });
  } else if (isIpLiteral(host) && host !== address && !address.includes(':')) {
    found.errors.push({ path, message: `address is "${address}", but must be written ${host}` });
  }
}

function unroutable(host: string): string {
  return `${host} is a loopback, private or local name that cannot be reached from outside: give a public one (only \`serve\` allows these)`;
}

function checkCheck(check: DraftCheck, path: string, options: CheckOptions, found: Findings): void {
  const { kind } = check;
  if (kind === undefined) return;
  if (kind === 'http') checkHttp(check, path, options, found);
  else {
    if (check.port === undefined)
      found.errors.push({ path: `${path}/port`, message: `port is missing: a ${kind} check needs one, from 1 to 65535` });
    if (check.url !== undefined)
      found.errors.push({
        path: `${path}/url`,
        message: `url is "${check.url}", but a ${kind} check has none: use kind = "http", or port`,
      });
    if (check.expect_status !== undefined) {
      found.errors.push({
        path: `${path}/expect_status`,
        message: `expect_status is ${JSON.stringify(check.expect_status)}, but only a check of kind "http" has one`,
      });
    }
  }
  if (check.expect_body !== undefined && (kind === 'tcp' || kind === 'tls')) {
    found.errors.push({
      path: `${path}/expect_body`,
      message: `expect_body is "${check.expect_body}", but only checks of kind "http" and "banner" read one`,
    });
  }
  if (check.port === 25) found.warnings.push(`${path}: Workers cannot connect to port 25: the check will stay "unsupported"`);
}

function checkHttp(check: DraftCheck, path: string, { allowPrivate }: CheckOptions, found: Findings): void {
  const url = URL.parse(check.url ?? '');
  if (check.url === undefined)
    found.errors.push({
      path: `${path}/url`,
      message: 'url is missing: a check of kind "http" needs one, like "https://vps.example.net/"',
    });
  if (url === null) return;
  const host = unbracketed(url.hostname);
  const port = portOf(url);
  if (check.port !== undefined && check.port !== port) {
    found.errors.push({
      path: `${path}/port`,
      message: `port is ${check.port}, but the url says ${port}: leave port out, or write it in the url`,
    });
  }
  if (!allowPrivate && isPrivateHost(host))
    found.errors.push({ path: `${path}/url`, message: `url is "${check.url}", but ${unroutable(host)}` });
  else if (!allowPrivate && isIpLiteral(host))
    found.warnings.push(`${path}: Workers cannot fetch a bare IP address: give ${host} a name, or the check stays "unsupported"`);
}

function checkSite(site: DraftSite, path: string, known: ReadonlyMap<string, DraftServer>, found: Findings): void {
  const listed = site.servers ?? [];
  for (const [index, id] of listed.entries()) {
    if (id === undefined) continue;
    if (!known.has(id)) found.errors.push({ path: `${path}/servers/${index}`, message: unknownServer(id, [...known.keys()]) });
    if (listed.indexOf(id) !== index)
      found.errors.push({ path: `${path}/servers/${index}`, message: `server "${id}" is in the list already: once is enough` });
  }
  if (site.failback_stages !== undefined) checkStages(site.failback_stages, `${path}/failback_stages`, found);
  if (site.quality !== undefined && site.quality.max_loss === undefined && site.quality.max_rtt_ms === undefined) {
    found.errors.push({
      path: `${path}/quality`,
      message: 'quality has neither max_loss nor max_rtt_ms: give at least one of them, or leave [site.quality] out',
    });
  }
  const who = `site "${site.id}"`;
  if (listed.length === 1) found.warnings.push(`${who} has one server: there is nothing to fail over to`);
  const members = [...new Set(listed)].flatMap((id) => (id === undefined ? [] : (known.get(id) ?? [])));
  for (const [region, rows] of groups(members, (row) => row.region?.toLowerCase())) {
    if (rows.length > 1) found.warnings.push(`${who}: servers ${names(rows)} are all in region ${region}: one outage there takes them all`);
  }
  const maxS = site.damping?.max_s;
  if (maxS !== undefined && site.preempt_delay_s !== undefined && site.preempt_delay_s > maxS) {
    found.warnings.push(
      `${who}: preempt_delay_s is ${site.preempt_delay_s} and site.damping.max_s is ${maxS}: the delay stays, and flaps make it no longer`,
    );
  }
}

function unknownServer(id: string, known: readonly string[]): string {
  const choices = known.length === 0 ? 'there is no [[server]]' : `known: ${known.join(', ')}`;
  return `server "${id}" is not in this file: ${choices}`;
}

function checkStages(stages: readonly (number | undefined)[], path: string, found: Findings): void {
  if (stages.includes(undefined)) return;
  const rising = stages.every((stage = 0, index) => stage > (stages[index - 1] ?? 0));
  if (rising && stages.at(-1) === 100) return;
  found.errors.push({
    path,
    message: `failback_stages is [${stages.join(', ')}], but must rise from stage to stage and end with 100, like [10, 50, 100]`,
  });
}

/** Rows by a key; those without the key are left out. */
function groups<T>(rows: readonly T[], key: (row: T) => string | undefined): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const row of rows) {
    const value = key(row);
    if (value !== undefined) map.set(value, [...(map.get(value) ?? []), row]);
  }
  return map;
}

function names(rows: readonly { id?: string | undefined }[]): string {
  return rows.map(({ id }) => id ?? '?').join(', ');
}
