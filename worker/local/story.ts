import { pause } from './cleanup.ts';
import type { StoryStep, StoryView } from './story-steps.ts';
import { duration } from './timeline.ts';

const POLL_MS = 200;

export interface StoryOptions {
  steps: readonly StoryStep[];
  /** The newest picture; throws while the edge cannot be reached. */
  view(): Promise<StoryView>;
  act(action: NonNullable<StoryStep['action']>): void;
  onStep(step: StoryStep, seen: string, tookMs: number): void;
  now(): number;
  signal: AbortSignal;
  /** For all steps together, in milliseconds. */
  limitMs: number;
}

export type StoryEnd = { ok: true } | { ok: false; reason: string };

/** Plays the story: each step has to come true within its time, in this order. */
export async function playStory(options: StoryOptions): Promise<StoryEnd> {
  const { steps, now, signal } = options;
  const end = now() + options.limitMs;
  for (const [index, step] of steps.entries()) {
    if (step.action !== undefined) options.act(step.action);
    const startedAt = now();
    const seen = await waitFor(step, Math.min(startedAt + step.withinMs, end), options);
    const place = `step ${index + 1} of ${steps.length}`;
    if (signal.aborted) return { ok: false, reason: `the story was stopped at ${place}` };
    if (!seen.ok)
      return { ok: false, reason: `${place} did not happen within ${duration(now() - startedAt)}: that ${step.what}. ${seen.last}` };
    options.onStep(step, seen.value, now() - startedAt);
  }
  return { ok: true };
}

async function waitFor(step: StoryStep, deadline: number, { view, now, signal }: StoryOptions) {
  let last = 'Nothing was seen at all.';
  while (!signal.aborted) {
    try {
      const picture = await view();
      const value = step.seen(picture);
      if (value !== null) return { ok: true as const, value };
      last = describe(picture);
    } catch (error) {
      last = `The edge could not be asked: ${String(error)}.`;
    }
    if (now() >= deadline) break;
    await pause(POLL_MS, signal);
  }
  return { ok: false as const, last };
}

function describe({ status, agent }: StoryView): string {
  const servers = status.servers.map(({ id, health }) => `${id} ${health}`).join(', ');
  const sites = status.sites
    .map(({ id, epoch, applied, weights }) => `${id} has epoch ${epoch} (applied ${applied}) ${JSON.stringify(weights)}`)
    .join('; ');
  const router =
    agent === null ? 'the agent does not answer' : `the agent applied ${agent.applied} and carries on ${agent.carrying ?? 'nothing'}`;
  return `Last seen: ${servers}; ${sites}; ${router}.`;
}
