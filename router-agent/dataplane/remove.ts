import type { Config, Tunnel } from '../config.ts';
import type { TunnelDriver } from '../drivers/driver.ts';
import type { Os } from '../runner.ts';
import { applySteps } from './apply.ts';
import { observe } from './observe.ts';
import { planTeardown } from './plan.ts';
import { lanesOf } from './policy.ts';

export interface Removed {
  /** What was done, a sentence each; empty: nothing of ours was there. */
  removed: string[];
  problems: string[];
}

/** Takes our table, rules, routes and the tunnels that we made out of the kernel, whatever state an agent before us left them in. Settings are the caller's. */
export async function removeFromKernel(config: Config, os: Os, driverOf: (tunnel: Tunnel) => TunnelDriver): Promise<Removed> {
  const observed = await observe(os, lanesOf(config));
  if (!observed.ok) return { removed: [], problems: [observed.reason] };
  const steps = planTeardown(observed.value);
  const done = await applySteps(os, steps, { remember: () => undefined, session: null });
  const removed = steps.map((step) => `removed: ${step.why.replace('no longer wanted: ', '')}`);
  const problems = done.ok ? [] : [done.reason];
  for (const tunnel of config.tunnel) {
    const down = await driverOf(tunnel).down(tunnel, os);
    if (!down.ok) problems.push(down.reason);
    else if (down.value !== null) removed.push(down.value);
  }
  return { removed, problems };
}
