import type { ProbingRules, QualityRules, ServerChecks, SiteRules } from '../engine/types.ts';
import type { CheckSpec } from '../objects/contract.ts';
import { portOf, unbracketed } from './address.ts';
import { byId } from './by-id.ts';
import type { Check, Fleet, Server, Site } from './schema.ts';

/** The API port of an OpenMPTCProuter VPS: its certificate is self-signed, so the answer to a ClientHello is what counts. */
const OMR_PORT = 65_500;
/** What an SSH server says first (RFC 4253 §4.2). */
const SSH_BANNER = 'SSH-';
const DEFAULT_DRILL_S = 60;

function ms(seconds: number): number {
  return Math.round(seconds * 1000);
}

/** How the vantages of this fleet probe and judge. */
export function probing({ probing: given }: Fleet): ProbingRules & { fastIntervalMs: number } {
  return {
    intervalMs: ms(given.interval_s),
    fastIntervalMs: given.fast_interval_ms,
    timeoutMs: given.timeout_ms,
    fall: given.fall,
    rise: given.rise,
  };
}

/** The policy of one site, as its judge takes it. Throws when the site names a server that the fleet has not: `readFleet` lets none through. */
export function siteRules(fleet: Fleet, site: Site): SiteRules {
  return {
    id: site.id,
    servers: site.servers.map((id) => {
      const server = byId(fleet.server, id);
      if (server === undefined) throw new Error(`site ${site.id} names the server ${id}, which the fleet has not`);
      return { id, priority: server.priority, weight: server.weight };
    }),
    policy: site.policy,
    preempt: site.preempt,
    preemptDelayMs: ms(site.preempt_delay_s),
    failbackStages: [...site.failback_stages],
    stageSoakMs: ms(site.stage_soak_s),
    trustOutside: site.trust_outside,
    leaseMs: ms(site.lease_s),
    intervalMs: ms(fleet.probing.interval_s),
    damping: { halfLifeMs: ms(site.damping.half_life_s), maxMs: ms(site.damping.max_s) },
    drillDurationMs: ms(site.drill?.duration_s ?? DEFAULT_DRILL_S),
    ...(site.quality === undefined ? {} : { quality: qualityRules(site.quality) }),
  };
}

function qualityRules(given: NonNullable<Site['quality']>): QualityRules {
  return {
    maxLoss: given.max_loss ?? null,
    maxRttMs: given.max_rtt_ms ?? null,
    windowMs: ms(given.window_s),
    marginLoss: given.margin_loss,
    marginRttMs: given.margin_rtt_ms,
    marginRatio: given.margin_ratio,
  };
}

/** Which checks of each server veto, in the order of `checkSpecs`. */
export function serverChecks(fleet: Fleet): Record<string, ServerChecks> {
  return Object.fromEntries(fleet.server.map((server) => [server.id, { critical: checkSpecs(server).map((spec) => spec.critical) }]));
}

/**
 * What to probe of a server: its own checks in the file's order, so that a check keeps its place, and then those of its preset that it has not itself.
 * `expectStatus` stays absent for the default 2xx–3xx.
 */
export function checkSpecs(server: Server): CheckSpec[] {
  const own = server.check.map((check) => specOf(check, server.address));
  if (server.preset !== 'omr' || own.some(({ kind, port }) => kind === 'tls' && port === OMR_PORT)) return own;
  return [...own, { kind: 'tls', host: server.address, port: OMR_PORT, critical: true }];
}

function specOf(check: Check, address: string): CheckSpec {
  const { kind, critical } = check;
  if (kind === 'http') return httpSpec(check);
  if (check.port === undefined) throw new Error(`a ${kind} check of ${address} has no port`);
  const spec = { kind, host: address, port: check.port, critical };
  return kind === 'banner' ? { ...spec, expectBody: check.expect_body ?? SSH_BANNER } : spec;
}

function httpSpec({ url = '', expect_status, expect_body, critical }: Check): CheckSpec {
  const parsed = new URL(url);
  const spec: CheckSpec = { kind: 'http', host: unbracketed(parsed.hostname), port: portOf(parsed), url, critical };
  if (expect_status !== undefined) spec.expectStatus = [expect_status].flat();
  if (expect_body !== undefined) spec.expectBody = expect_body;
  return spec;
}
