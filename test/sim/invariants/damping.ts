import type { DirectiveEffect, SiteRules } from '../../../worker/engine/types.ts';
import type { SiteTurn } from '../watch.ts';
import { isWell, weightOf } from './evidence.ts';
import type { Invariant } from './invariant.ts';

const HOUR_MS = 3_600_000;
const FAILURES: readonly string[] = ['server-down', 'path-down', 'site-unseen', 'outside-only'];

/** The formula of the hold-down, written down a second time. */
function holdDownMs({ preemptDelayMs, damping }: SiteRules, penalty: number): number {
  return Math.max(preemptDelayMs, Math.min(preemptDelayMs * 2 ** (penalty / 1000 - 1), damping.maxMs));
}

/**
 * How many returns of one server an hour can see at the most: one that fails at the very moment in which it returned, again and again, each time
 * adding its penalty and waiting for the hold-down that follows from it.
 */
export function returnsPerHour(rules: SiteRules): number {
  let t = 0;
  let penalty = 0;
  let returns = 1;
  while (t < HOUR_MS && returns < 5000) {
    penalty += 1000;
    const waitMs = Math.max(1000, holdDownMs(rules, penalty));
    penalty *= 2 ** (-waitMs / rules.damping.halfLifeMs);
    t += waitMs;
    returns++;
  }
  return returns;
}

const ALLOWED = new WeakMap<SiteRules, number>();

function allowedBy(rules: SiteRules): number {
  const known = ALLOWED.get(rules) ?? returnsPerHour(rules);
  ALLOWED.set(rules, known);
  return known;
}

interface Record {
  /** Since when the evidence calls it well; null: it does not. */
  wellMs: number | null;
  penalty: number;
  penaltyMs: number;
  /** Its hold-down, as of when it became well. */
  leastMs: number;
  /** The most returns an hour that any of its rules allowed. */
  allowed: number;
  returns: number[];
  stageMs: number;
}

const NEW: Record = { wellMs: null, penalty: 0, penaltyMs: 0, leastMs: 0, allowed: 0, returns: [], stageMs: 0 };

export const DAMPING: Invariant = {
  name: 'damping',
  holds:
    'A server that failed returns only after it was well for its hold-down (preempt delay × 2^(penalty ÷ 1000 − 1), at least the delay, at most the cap), and so not more often in an hour than the formula allows; each stage follows after a soak in which it stayed well.',
  watch({ broken }) {
    const records = new Map<string, Map<string, Record>>();
    const recordOf = (site: string, server: string): Record => {
      const ofSite = records.get(site) ?? new Map<string, Record>();
      const record = ofSite.get(server) ?? { ...NEW, returns: [] };
      records.set(site, ofSite.set(server, record));
      return record;
    };
    const decayed = (record: Record, rules: SiteRules, t: number): number =>
      record.penalty * 2 ** (-Math.max(0, t - record.penaltyMs) / rules.damping.halfLifeMs);

    function observe({ site, rules, t, after }: SiteTurn): void {
      if (after === null) return;
      for (const { id } of rules.servers) {
        const record = recordOf(site, id);
        const well = isWell(after, rules, id, t);
        if (well && record.wellMs === null)
          Object.assign(record, { wellMs: t, leastMs: Math.floor(holdDownMs(rules, decayed(record, rules, t))) });
        if (!well) record.wellMs = null;
        record.allowed = Math.max(record.allowed, allowedBy(rules));
      }
      const ofSite = records.get(site);
      for (const server of ofSite?.keys() ?? []) if (!rules.servers.some(({ id }) => id === server)) ofSite?.delete(server);
    }

    function failed({ site, rules, t, before, after }: SiteTurn, { blame }: DirectiveEffect): void {
      if (!FAILURES.includes(blame)) return;
      for (const { id } of rules.servers) {
        if (weightOf(before, id) === 0 || weightOf(after, id) > 0 || (after !== null && isWell(after, rules, id, t))) continue;
        const record = recordOf(site, id);
        if (before?.servers[id]?.wasFit === true) Object.assign(record, { penalty: decayed(record, rules, t) + 1000, penaltyMs: t });
      }
    }

    function returned({ site, rules, t, before, after }: SiteTurn, { blame, why }: DirectiveEffect): void {
      if (blame !== 'preempt' && blame !== 'stage') return;
      for (const { id } of rules.servers) {
        if (weightOf(after, id) <= weightOf(before, id) || (before?.servers[id]?.ramp ?? 0) >= (after?.servers[id]?.ramp ?? 0)) continue;
        const record = recordOf(site, id);
        const wellForMs = record.wellMs === null ? -1 : t - record.wellMs;
        if (blame === 'stage') {
          const soakedMs = Math.min(wellForMs, t - record.stageMs);
          if (soakedMs < rules.stageSoakMs)
            broken(site, `${id} got its next stage after a soak of ${soakedMs} of ${rules.stageSoakMs} ms (${why})`);
        } else if (before?.servers[id]?.displaced !== true) {
          if (wellForMs < record.leastMs) broken(site, `${id} returned after ${wellForMs} of ${record.leastMs} ms (${why})`);
          record.returns = [...record.returns.filter((at) => at > t - HOUR_MS), t];
          if (record.returns.length > record.allowed) broken(site, `${id} returned ${record.returns.length} times in an hour`);
        }
        if (wellForMs < 0) broken(site, `${id} returned although it is not well (${why})`);
        record.stageMs = t;
      }
    }

    return {
      edgeLost: () => records.clear(),
      siteTurn(turn) {
        const someoneWasWell = turn.rules.servers.some(({ id }) => recordOf(turn.site, id).wellMs !== null);
        observe(turn);
        for (const effect of turn.effects) {
          if (effect.type !== 'directive') continue;
          failed(turn, effect);
          if (someoneWasWell) returned(turn, effect);
        }
      },
    };
  },
};
