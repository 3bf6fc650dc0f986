import { describe, expect, test } from 'vitest';
import { emptySite, type SiteState } from '../../../worker/engine/site.ts';
import type { SiteRules } from '../../../worker/engine/types.ts';
import { siteRules } from '../../../worker/fleet-file/rules.ts';
import { HELD_ALARM_MS } from '../../../worker/objects/cadence.ts';
import { judgeDueMs } from '../../../worker/objects/site-due.ts';
import { fleetOf, smallFleet } from '../fleet-file/fleets.ts';

const HEARD_MS = 1_000_000;
const NOW_MS = HEARD_MS + 10;

function rulesWith(lease_s: number): SiteRules {
  const fleet = fleetOf({ ...smallFleet(), site: [{ id: 'home', servers: ['a', 'b'], lease_s }] });
  const [site] = fleet.site;
  if (site === undefined) throw new Error('the fleet has no site');
  return siteRules(fleet, site);
}

function stateDue(rules: SiteRules, dueMs: number | null): SiteState {
  return { ...emptySite(rules), heardMs: HEARD_MS, dueMs };
}

describe('when a site has to be awake', () => {
  const rules = rulesWith(180);
  const silenceMs = HEARD_MS + 180_000;

  for (const [what, dueMs, held, expected] of [
    ['for the silence of a router that is away: when its lease ends', silenceMs, false, silenceMs],
    ['for the silence of a router whose poll waits: late, its socket says it sooner', silenceMs, true, NOW_MS + HELD_ALARM_MS],
    ['for anything that is due before: then', HEARD_MS + 60_000, true, HEARD_MS + 60_000],
    ['for what is due later still: then', HEARD_MS + 2 * HELD_ALARM_MS, true, HEARD_MS + 2 * HELD_ALARM_MS],
    ['for nothing: never', null, true, null],
  ] as const) {
    test(what, () => {
      expect(judgeDueMs(stateDue(rules, dueMs), rules, held, NOW_MS)).toBe(expected);
    });
  }

  test('a lease that ends while the socket may still be open is watched by the alarm', () => {
    const short = rulesWith(65);
    expect(judgeDueMs(stateDue(short, HEARD_MS + 65_000), short, true, NOW_MS)).toBe(HEARD_MS + 65_000);
  });
});
