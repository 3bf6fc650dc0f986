import { existsSync, unlinkSync } from 'node:fs';
import { controlPath } from '../control.ts';
import { applySteps } from '../dataplane/apply.ts';
import { removeFromKernel } from '../dataplane/remove.ts';
import { driverOf, isSimulated, steersKernel } from '../drivers/registry.ts';
import { removeStrays } from '../drivers/strays.ts';
import { takeFences } from '../fence.ts';
import { observeMptcp } from '../mptcp/observe.ts';
import { planMptcpTeardown } from '../mptcp/plan.ts';
import { type Os, systemOs } from '../runner.ts';
import { loadState, openStateFile } from '../state-file.ts';
import type { AgentState } from '../state-schema.ts';
import type { Command, CommandContext } from './command.ts';

/** Removes all that the agent owns and nothing else; again, it finds nothing. Refused while an agent runs. */
export const teardown: Command = async (context) => {
  const { config, out, err } = context;
  const fence = existsSync(config.state_dir) ? await takeFences(config.state_dir, !isSimulated(config)) : null;
  if (fence?.ok === false) {
    err(`farwatch-agent: ${fence.reason}\n`);
    return 1;
  }
  const problems = steersKernel(config) ? await removeAll(context, systemOs) : [];
  if (existsSync(controlPath(config.state_dir))) unlinkSync(controlPath(config.state_dir));
  if (fence?.ok) fence.value();
  for (const problem of problems) err(`farwatch-agent: ${problem}\n`);
  if (problems.length === 0) out('nothing of the agent is left; its state is kept\n');
  return problems.length === 0 ? 0 : 1;
};

async function removeAll({ config, out }: CommandContext, os: Os): Promise<string[]> {
  const { removed, problems } = await removeFromKernel(config, os, driverOf);
  for (const line of removed) out(`${line}\n`);
  for (const line of await removeStrays([], os)) out(`${line}\n`);
  return [
    ...problems,
    ...(await removeMptcp(config.state_dir, config.site, os, out)),
    ...restoreSettings(config.state_dir, config.site, os),
  ];
}

/** A kernel without MPTCP has nothing of ours. */
async function removeMptcp(stateDir: string, site: string, os: Os, out: (text: string) => void): Promise<string[]> {
  const observed = await observeMptcp(os);
  if (!observed.ok) return [];
  const file = openStateFile(stateDir);
  const { state } = loadState(file.path, site, null);
  const steps = planMptcpTeardown(observed.value, state?.mptcpLimits ?? null);
  const done = await applySteps(os, steps, { remember: () => undefined, session: null });
  if (!done.ok) return [done.reason];
  for (const step of steps) out(`removed: ${step.why}\n`);
  if (state?.mptcpLimits === undefined) return [];
  const { mptcpLimits: _restored, ...rest } = state;
  const saved = file.saveFast(rest);
  return saved.ok ? [] : [saved.reason];
}

/** Settings go back to what they were; those of a device that is gone went with it. */
function restoreSettings(stateDir: string, site: string, os: Os): string[] {
  const file = openStateFile(stateDir);
  const { state } = loadState(file.path, site, null);
  if (state === null || Object.keys(state.sysctl).length === 0) return [];
  const left = Object.entries(state.sysctl).filter(([path, old]) => os.read(path) !== null && !os.write(path, old).ok);
  const next: AgentState = { ...state, sysctl: Object.fromEntries(left) };
  const saved = file.saveFast(next);
  return [...left.map(([path]) => `cannot restore ${path}`), ...(saved.ok ? [] : [saved.reason])];
}
