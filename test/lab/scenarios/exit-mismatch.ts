import { agentAtWork, normal } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { waitFor } from '../processes.ts';
import { blackholeVps, healVps, moveExit, restoreExit, VPS_ADDRESS } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** From the start of an agent. */
const REPORTED_MS = 15_000;
/** New flows are tried for so long while the only other VPS comes out wrong. */
const TRIED_MS = 1500;

export const exitMismatch: Scenario = {
  name: 'exit-mismatch',
  story: "what goes to the standby comes out at another address than the standby's; then the Active dies",
  promise: `it is reported within ${REPORTED_MS / 1000} s of an agent's start, before it is needed, and is one incident over a restart of the agent too; nobody's traffic moves there; when it comes out right, traffic moves there at once`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { agent, edge, say } = lab;
  await normal(lab);
  await moveExit('b');
  const startMs = await restarted(lab);
  const problem = await waitFor('the agent to name the problem', async () => exitProblem(lab));
  await waitFor('the edge to show it', async () => (await edge.site()).agent.problems.some((text) => text.includes(problem)));
  await waitFor('the edge to open an incident for it', async () =>
    (await edge.status()).incidents.find(({ why, endedAt }) => why.includes(problem) && endedAt === null),
  );
  await waitFor('the edge to take the standby for dead', async () =>
    (await edge.site()).paths.every((path) => path.alive === (path.server === 'a')),
  );
  const reportedMs = nowMs() - startMs;
  await restarted(lab);
  await waitFor('the agent to name it again', async () => exitProblem(lab));
  const told = (await edge.status()).incidents.filter(({ why }) => why.includes(problem));

  say('the Active dies');
  await blackholeVps('a');
  await waitFor('the agent to know', async () =>
    (await agent.status()).paths.some(({ server, alive }) => server === 'a' && alive === false),
  );
  const wrong = await movedWrongly(lab);
  const held = await agent.status();

  say('the standby comes out right again');
  await restoreExit('b');
  await restarted(lab);
  await waitFor('traffic to move to b', async () => (await agent.status()).carrying === 'b');
  const left = await waitFor('the problem to go', async () => ((await exitProblem(lab)) === undefined ? 'gone' : null));
  await healVps('a');
  return {
    figures: { outageMs: null, reportedMs: Math.round(reportedMs), carryingMeanwhile: held.carrying, problem, left },
    broken: [
      ...unless(reportedMs <= REPORTED_MS, `it was reported after ${Math.round(reportedMs)} ms`),
      ...unless(problem.includes(VPS_ADDRESS.b), `the sentence does not say what would be right: ${problem}`),
      ...unless(held.carrying === 'a', `the agent moved to ${held.carrying}`),
      ...unless(told.length === 1 && told[0]?.endedAt === null, `it is not one open incident: ${JSON.stringify(told)}`),
      ...unless(wrong === 0, `${wrong} new flows came out wrong`),
    ],
  };
}

/** A new agent looks at the exits as it starts; one at work would in minutes. */
async function restarted(lab: Lab): Promise<number> {
  await lab.agent.kill();
  const startMs = nowMs();
  lab.agent.restart();
  await agentAtWork(lab);
  return startMs;
}

async function exitProblem(lab: Lab): Promise<string | undefined> {
  return (await lab.agent.status()).problems.find(({ kind }) => kind === 'exit-b')?.message;
}

/** How many new flows came out anywhere while none should. */
async function movedWrongly(lab: Lab): Promise<number> {
  const endMs = nowMs() + TRIED_MS;
  let answered = 0;
  while (nowMs() < endMs) answered += Object.values((await lab.tools.newFlows.sample()).via).reduce((sum, count) => sum + count, 0);
  return answered;
}
