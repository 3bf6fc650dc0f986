import { readFileSync } from 'node:fs';
import { USER, unitCapabilities } from '../install.ts';
import type { Lab } from '../lab.ts';
import { failover } from './failover.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** Of <linux/capability.h>. */
const NUMBERS: Record<string, number> = { net_admin: 12 };

export const ordinaryUser: Scenario = {
  ...failover,
  name: 'ordinary-user',
  story: 'failover, by the built agent as a user of its own, with only the rights that its systemd unit names',
  agent: { installed: true },
  trials: { byHand: 3, inTests: 0, inCi: 3 },
  async trial(lab): Promise<TrialResult> {
    const { uid, capabilities } = rightsOf(lab.agent.pid());
    const expected = unitCapabilities().reduce((mask, name) => mask | (1n << BigInt(NUMBERS[name] ?? 63)), 0n);
    const result = await failover.trial(lab);
    const problems = (await lab.agent.status()).problems.map(({ kind, message }) => `the agent complains of ${kind}: ${message}`);
    return {
      figures: { ...result.figures, uid, capabilities: `0x${capabilities.toString(16)}`, node: nodeOf(lab) },
      broken: [
        ...result.broken,
        ...problems,
        ...unless(uid === USER, `the agent runs as user ${uid}`),
        ...unless(
          capabilities === expected,
          `the agent has the capabilities 0x${capabilities.toString(16)}, not 0x${expected.toString(16)}`,
        ),
      ],
    };
  },
};

/** What the kernel lets the process do. */
function rightsOf(pid: number): { uid: number; capabilities: bigint } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  return { uid: Number(field('Uid')), capabilities: BigInt(`0x${field('CapEff')}`) };
}

function nodeOf(lab: Lab): string {
  return readFileSync(`/proc/${lab.agent.pid()}/cmdline`, 'utf8').split('\0')[0] ?? '';
}
