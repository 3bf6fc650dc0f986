import { describe, expect, test } from 'vitest';
import { applySteps } from '../../../router-agent/dataplane/apply.ts';
import type { Step } from '../../../router-agent/dataplane/model.ts';
import { fakeOs } from './fake-os.ts';

const step = (name: string, alone = false): Step => ({
  kind: 'command',
  argv: [name],
  why: `it needs ${name}`,
  ...(alone ? { alone } : {}),
});

async function applied(...steps: Step[]) {
  const os = fakeOs((line) => (line.startsWith('bad') ? { code: 2, stderr: 'Nexthop has invalid gateway' } : undefined));
  const outcome = await applySteps(os, steps, { remember: () => undefined, session: null });
  return { done: os.changes, reason: outcome.ok ? null : outcome.reason };
}

describe('the steps of a change', () => {
  test('stop at the first that fails', async () => {
    const { done, reason } = await applied(step('one'), step('bad'), step('two'));
    expect(done).toEqual(['one', 'bad']);
    expect(reason).toMatch(/^it needs bad: .*invalid gateway/);
  });

  test('go on after one that stands alone, and its failure is told all the same, before later ones', async () => {
    const { done, reason } = await applied(step('bad', true), step('one'), step('bad2'), step('two'));
    expect(done).toEqual(['bad', 'one', 'bad2']);
    expect(reason).toMatch(/^it needs bad: /);
  });
});
