import { allLeaveBy, normal, pollHeldBy, settled, sharedWan } from '../conditions.ts';
import { SITE } from '../edge.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { spread } from '../report.ts';
import { blackholeWan, healWan } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** In the median of all trials, in milliseconds: wide enough for a busy machine. */
const HELD_MS = 3000;

export const edgeOverWan: Scenario = {
  name: 'edge-over-wan',
  story: 'the line by which the agent waits for the edge goes dead, silently',
  promise: `the poll is held over the other line within ${HELD_MS} ms in the median, a directive that is given then arrives, nothing is switched meanwhile`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 5, inTests: 0, inCi: 1 },
  trial,
  overall(trials) {
    const held = spread(trials.map(({ heldMs }) => (typeof heldMs === 'number' ? heldMs : Number.POSITIVE_INFINITY)));
    return unless(held !== null && held.median <= HELD_MS, `the poll is held again after ${held?.median} ms in the median`);
  },
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { edge } = lab;
  await normal(lab);
  await allLeaveBy(lab, 'wan1');
  const wan = await sharedWan(lab);
  await pollHeldBy(lab, wan, nowMs());
  const before = await edge.site();

  const faultMs = nowMs();
  await blackholeWan(wan);
  const heldMs = await pollHeldBy(lab, wan === 'wan1' ? 'wan2' : 'wan1', faultMs);
  const meanwhile = await edge.site();
  const pinnedMs = nowMs();
  await edge.admin('POST', `/admin/v1/sites/${SITE}/pin`, { server: 'b' });
  await settled(lab, 'b');
  const directedMs = Math.round(nowMs() - pinnedMs);
  await edge.admin('POST', `/admin/v1/sites/${SITE}/unpin`, {});
  await healWan(wan);
  return {
    figures: { outageMs: null, wan, heldMs, directedMs, epochs: [before.epoch, meanwhile.epoch] },
    broken: unless(before.epoch === meanwhile.epoch, `the edge switched: epoch ${before.epoch} → ${meanwhile.epoch}`),
  };
}
