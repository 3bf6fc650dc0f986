import { fail, messageOf, type Outcome, succeed } from '../outcome.ts';
import { mustSucceed, type Os } from '../runner.ts';
import type { Step } from './model.ts';
import type { NftSession } from './nft-session.ts';

export interface Applied {
  /** Hears each setting before it is changed, with the value that it had. */
  remember(path: string, old: string): void;
  session: NftSession | null;
}

/** Does the steps in order and stops at the first that fails, unless it stands alone: the order is a promise. Answers with the first failure. */
export async function applySteps(os: Os, steps: readonly Step[], how: Applied): Promise<Outcome<null>> {
  let outcome: Outcome<null> = succeed(null);
  for (const step of steps) {
    const done = await applyStep(os, step, how);
    if (done.ok) continue;
    if (outcome.ok) outcome = fail(`${step.why}: ${done.reason}`);
    if (step.kind !== 'command' || step.alone !== true) break;
  }
  return outcome;
}

async function applyStep(os: Os, step: Step, how: Applied): Promise<Outcome<null>> {
  if (step.kind === 'command') return mustSucceed(step.argv, await os.change(step.argv));
  if (step.kind === 'sysctl') {
    const old = os.read(step.path);
    if (old !== null) how.remember(step.path, old);
    return os.write(step.path, step.value);
  }
  const fast = await viaSession(step.script, how.session);
  if (fast) return succeed(null);
  return mustSucceed(['nft', '-f', '-'], await os.change(['nft', '-f', '-'], { input: step.script }));
}

/** Only one-line scripts (a switch) are worth it. What the session did not take is done again by a spawned nft; scripts are idempotent. */
async function viaSession(script: string, session: NftSession | null): Promise<boolean> {
  if (session === null || script.includes('\n')) return false;
  const done = await session.run(script).catch((error: unknown) => ({ ok: false as const, reason: messageOf(error) }));
  return done.ok;
}
