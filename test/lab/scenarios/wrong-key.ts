import { readFileSync, writeFileSync } from 'node:fs';
import { normal } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { LAB_DIR, run, waitFor } from '../processes.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const FILE = `${LAB_DIR}/wgb.conf`;
/** From the start of an agent. */
const REPORTED_MS = 15_000;

export const wrongKey: Scenario = {
  name: 'wrong-key',
  story: "the standby's file has the key of another VPS; later somebody corrects it",
  promise: `within ${REPORTED_MS / 1000} s the router and the edge's page say that the standby could not take over, and why; corrected, it lives without a restart; the Active is not disturbed`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 3, inTests: 1, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { agent, edge, tools, say } = lab;
  await normal(lab);
  const right = readFileSync(FILE, 'utf8');
  const stranger = (await run(['wg', 'pubkey'], await run(['wg', 'genkey']))).trim();
  say('the standby gets a wrong key, and a new agent');
  await agent.kill();
  writeFileSync(FILE, right.replace(/PublicKey = .*/, `PublicKey = ${stranger}`));
  const startMs = nowMs();
  agent.restart();
  const problem = await waitFor(
    'the agent to name the problem',
    async () => (await agent.status()).problems.find(({ kind }) => kind === 'silent-b')?.message,
  );
  await waitFor('the edge to show it', async () => (await edge.site()).agent.problems.some((text) => text.includes(problem)));
  const reportedMs = nowMs() - startMs;

  say('somebody corrects it');
  writeFileSync(FILE, right);
  const correctedMs = nowMs();
  await waitFor('the standby to live', async () => (await agent.status()).paths.every(({ alive }) => alive === true));
  const aliveMs = nowMs() - correctedMs;
  await waitFor('the edge to forget the problem', async () => (await edge.site()).agent.problems.length === 0);
  const { gap } = await tools.udp.summary(startMs);
  return {
    figures: { outageMs: Math.round(gap.ms), reportedMs: Math.round(reportedMs), aliveAfterMs: Math.round(aliveMs) },
    broken: [
      ...unless(reportedMs <= REPORTED_MS, `it was reported after ${Math.round(reportedMs)} ms`),
      ...unless(/no handshake with .*a key is wrong/.test(problem), `the sentence does not help: ${problem}`),
      ...unless(gap.ms < 1000, `the Active was silent for ${Math.round(gap.ms)} ms`),
    ],
  };
}
