import type { Lab } from './lab.ts';
import { waitFor } from './processes.ts';
import { difference, kernelState } from './router.ts';

/**
 * kill -9 of the agent, and a new start, while no edge can tell it anything. Returns what it forgot or changed, a sentence each: its epoch, its latches and
 * the router's rules must be as they were.
 */
export async function agentRestartsAlone({ agent, say }: Lab): Promise<string[]> {
  say('kill -9 of the agent while it is alone');
  const before = await agent.status();
  const rulesBefore = await kernelState();
  await agent.kill();
  agent.restart();
  const after = await waitFor('the agent to have evidence of its paths', async () => {
    const status = await agent.status();
    return status.paths.every(({ alive }) => alive !== null) ? status : null;
  });
  const rules = await kernelState();
  const latched = ({ paths }: typeof after) => paths.flatMap((path) => (path.latched ? [path.server] : [])).join(', ');
  const facts: [string, unknown, unknown][] = [
    ['epoch', before.epoch, after.epoch],
    ['what carries', before.carrying, after.carrying],
    ['latches', latched(before), latched(after)],
  ];
  return [
    ...facts.flatMap(([name, was, is]) => (was === is ? [] : [`the agent came back alone with another ${name}: ${was} → ${is}`])),
    ...(rules === rulesBefore ? [] : [`the agent came back alone and changed the kernel: ${difference(rulesBefore, rules)}`]),
  ];
}
