import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { STATE_DIR } from '../agent.ts';
import { echoesReturnBy, leaked, normal, settled } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { run, waitFor } from '../processes.ts';
import { blackholeVps, healVps } from '../topology.ts';
import { isRising } from './edge-gone.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** Room for the state a few times over. */
const DISK_KB = 64;
const BALLAST = `${STATE_DIR}/ballast`;
/** Each single trial, wide enough for a busy machine, as in `failover`, which measures the median too. In milliseconds. */
const OUTAGE_MS = 2000;

export const diskFull: Scenario = {
  name: 'disk-full',
  story:
    "the disk with the agent's state fills up, then the Active VPS dies; it is read-only when that returns; at last the disk is well again",
  promise: `the agent cuts within ${OUTAGE_MS} ms and returns as if it had a disk, names the problem in its status and to the edge, obeys no lower epoch, and saves its state by itself once it can`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  async prepare() {
    mkdirSync(STATE_DIR, { recursive: true });
    await run(['mount', '-t', 'tmpfs', '-o', `size=${DISK_KB}k`, 'state', STATE_DIR]);
  },
  trials: { byHand: 1, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, agent, edge } = lab;
  await normal(lab);
  await echoesReturnBy(lab, 'a', nowMs());
  const before = await agent.status();

  lab.say('filling the disk');
  fill();
  const faultMs = nowMs();
  await blackholeVps('a');
  await echoesReturnBy(lab, 'b', faultMs);
  const udp = await tools.udp.summary(faultMs);
  await settled(lab, 'b');
  const full = await complaint(lab, 'ENOSPC');

  lab.say('making it read-only');
  // Refused while the agent tries to write.
  await waitFor('the disk to be read-only', async () => {
    await run(['mount', '-o', 'remount,ro', STATE_DIR]);
    return true;
  });
  await healVps('a');
  await settled(lab, 'a');
  const readOnly = await complaint(lab, 'EROFS');

  lab.say('making room');
  await run(['mount', '-o', 'remount,rw', STATE_DIR]);
  rmSync(BALLAST);
  const freeMs = nowMs();
  await waitFor('the agent to have saved its state', async () => (await agent.status()).problems.length === 0, { everyMs: 100 });
  await waitFor('the edge to hear of it', async () => (await edge.site()).agent.problems.length === 0, { everyMs: 100 });
  const recoveredMs = nowMs() - freeMs;
  await agent.kill();
  agent.restart();
  const after = await waitFor('the agent to speak', () => agent.status());

  const epochs = [before.epoch, full, readOnly, after.epoch];
  return {
    figures: { outageMs: Math.round(udp.gap.ms), recoveredMs: Math.round(recoveredMs), epochs },
    broken: [
      ...unless(udp.gap.ms <= OUTAGE_MS, `the client was without service for ${Math.round(udp.gap.ms)} ms`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
      ...unless(isRising(epochs) && full > before.epoch, `epochs were ${epochs.join(', ')}`),
    ],
  };
}

function fill(): void {
  try {
    writeFileSync(BALLAST, Buffer.alloc(DISK_KB * 1024));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** Waits until the agent and the edge name the problem, with the kernel's own code for it. Answers the agent's epoch by then. */
async function complaint({ agent, edge }: Lab, code: string): Promise<number> {
  await waitFor(
    `the edge to show the problem of the disk`,
    async () => (await edge.site()).agent.problems.some((problem) => problem.includes('going on from memory')),
    { everyMs: 100 },
  );
  const status = await waitFor(
    `the agent to say ${code}`,
    async () => {
      const now = await agent.status();
      const message = now.problems.find(({ kind }) => kind === 'state-file')?.message ?? '';
      return message.includes(code) ? now : null;
    },
    { everyMs: 100 },
  );
  return status.epoch;
}
