import { agentWarm } from '../../lab/build.ts';
import { normal } from '../../lab/conditions.ts';
import type { Lab } from '../../lab/lab.ts';
import { waitFor } from '../../lab/processes.ts';
import type { Contender } from './contender.ts';

/** The agent's heartbeats when a path is idle: nothing of it has a longer period. */
const IDLE_HEARTBEAT_MS = 2000;

/** The agent with its heartbeats at their defaults, and the edge, as in all of the lab's scenarios. */
export function farwatch(lab: Lab): Contender {
  return {
    name: 'Farwatch',
    periodMs: IDLE_HEARTBEAT_MS,
    async start() {
      if (!lab.agent.running()) lab.agent.restart();
      await waitFor('the agent to answer', () => lab.agent.status());
      await normal(lab);
      await agentWarm(lab.agent);
      return { stop: () => leaveRouter(lab) };
    },
  };
}

/** Farwatch takes all that is its own out of the router; the tunnels are not. */
export async function leaveRouter(lab: Lab): Promise<void> {
  await lab.agent.stop();
  await lab.agent.command('teardown');
}
