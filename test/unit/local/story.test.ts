import { describe, expect, test } from 'vitest';
import { playStory } from '../../../worker/local/story.ts';
import { type StoryStep, type StoryView, storySteps, timelineProblem } from '../../../worker/local/story-steps.ts';
import type { Status, TimelineEntry } from '../../../worker/protocol/status.ts';

const CAST = { site: 'home', primary: 'a', standby: 'b' };
const AT = '2026-01-01T00:00:00.000Z';

function move(epoch: number, a: number, b: number, mode: 'cut' | 'drain' = 'drain'): TimelineEntry {
  return { id: `e${epoch}`, at: AT, kind: 'switch', why: '', site: 'home', epoch, mode, weights: { a, b } };
}

const TOLD = [move(1, 100, 0), move(2, 0, 100, 'cut'), move(3, 10, 90), move(4, 50, 50), move(5, 100, 0)];

describe('what the timeline has to tell', () => {
  test('failover and 10, 50, 100 %, in whatever order the entries come', () => {
    expect(timelineProblem(TOLD, CAST)).toBeNull();
    expect(timelineProblem(TOLD.toReversed(), CAST)).toBeNull();
    expect(timelineProblem([move(1, 100, 0, 'cut'), ...TOLD.slice(1)], CAST)).toBeNull();
  });

  test.each<[string, TimelineEntry[]]>([
    ['no cut', [move(1, 100, 0), move(2, 10, 90)]],
    ['a drain instead of the cut', [move(1, 100, 0), move(2, 0, 100), ...TOLD.slice(2)]],
    ['a stage left out', [...TOLD.slice(0, 3), move(5, 100, 0)]],
    ['back at once', [...TOLD.slice(0, 2), move(3, 100, 0)]],
    ['a way back and forth', [...TOLD.slice(0, 3), move(4, 0, 100), move(5, 10, 90), move(6, 50, 50), move(7, 100, 0)]],
    ['not yet at the end', TOLD.slice(0, 4)],
    ['nothing before the cut', TOLD.slice(1)],
  ])('%s is named', (_what, timeline) => {
    expect(timelineProblem(timeline, CAST)).toMatch(/cut|moves/);
  });
});

/** A picture in which the edge wants `weights` by `epoch` and the router has `own` of `applied`. */
function view(weights: Record<string, number>, own: Record<string, number>, { epoch = 3, applied = 3, online = true } = {}): StoryView {
  const status: Status = {
    at: AT,
    fleet: { name: 'f', version: 1 },
    servers: [],
    sites: [
      {
        ...{ id: 'home', name: 'home', active: 'b', weights, epoch, applied, mode: 'drain', blame: 'none', why: '', since: AT, pin: null },
        agent: { online, since: AT, version: '1', problems: [] },
        paths: [],
      },
    ],
    vantages: [],
    maintenance: [],
    incidents: [],
    timeline: [],
  };
  const path = (server: string) => ({
    ...{ server, device: null, alive: true, latched: false, weight: own[server] ?? 0, flows: null, rttMs: 1, loss: 0, heardAgoMs: 0 },
  });
  return {
    status,
    agent: {
      ...{
        version: '1',
        site: 'home',
        instance: 'i',
        pid: 1,
        upMs: 1,
        epoch: applied,
        applied,
        directive: null,
        manual: null,
        cuts: 0,
        why: '',
        carrying: 'a',
      },
      edge: { url: '', reached: true, heardAgoMs: 0, message: '', alone: false },
      paths: ['a', 'b'].map(path),
      mptcp: null,
      wans: [],
      problems: [],
    },
  };
}

describe('a stage counts', () => {
  const stage = storySteps(CAST).find(({ what }) => what.includes('10 %'));

  test('when the edge wants it and the router does it', () => {
    expect(stage?.seen(view({ a: 10, b: 90 }, { a: 10, b: 90 }))).toContain('epoch 3');
  });

  test('not when only one of them says so', () => {
    expect(stage?.seen(view({ a: 10, b: 90 }, { a: 0, b: 100 }))).toBeNull();
    expect(stage?.seen(view({ a: 0, b: 100 }, { a: 10, b: 90 }))).toBeNull();
  });

  test('not while the router has applied another epoch, or does not answer', () => {
    expect(stage?.seen(view({ a: 10, b: 90 }, { a: 10, b: 90 }, { applied: 2 }))).toBeNull();
    expect(stage?.seen({ ...view({ a: 10, b: 90 }, { a: 10, b: 90 }), agent: null })).toBeNull();
  });
});

describe('playing', () => {
  const PICTURE = view({ a: 100 }, { a: 100 });

  async function play(steps: StoryStep[], { limitMs = 60_000, fails = false, signal = new AbortController().signal } = {}) {
    const acted: string[] = [];
    const done: string[] = [];
    let clock = 0;
    const end = await playStory({
      steps,
      view: async () => {
        if (fails) throw new Error('nobody there');
        return PICTURE;
      },
      act: (action) => acted.push(action),
      onStep: (step) => done.push(step.what),
      now: () => (clock += 1000),
      signal,
      limitMs,
    });
    return { end, acted, done };
  }

  const yes = (what: string, action?: 'fail' | 'recover'): StoryStep => ({
    what,
    withinMs: 10_000,
    seen: () => 'seen',
    ...(action === undefined ? {} : { action }),
  });
  const never: StoryStep = { what: 'pigs fly', withinMs: 3000, seen: () => null };

  test('goes through all steps in order, doing what they ask for', async () => {
    const { end, acted, done } = await play([yes('one'), yes('two', 'fail'), yes('three', 'recover')]);
    expect(end).toEqual({ ok: true });
    expect(acted).toEqual(['fail', 'recover']);
    expect(done).toEqual(['one', 'two', 'three']);
  });

  test('ends at the first step that does not come true, and says which and what was seen instead', async () => {
    const { end, done } = await play([yes('one'), never, yes('three')]);
    expect(end).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^step 2 of 3 .* that pigs fly\. Last seen: .*home has epoch 3/),
    });
    expect(done).toEqual(['one']);
  });

  test('an edge that cannot be asked is named', async () => {
    const { end } = await play([yes('one')], { fails: true });
    expect(end).toMatchObject({ ok: false, reason: expect.stringContaining('nobody there') });
  });

  test('all steps together have a limit', async () => {
    const slow: StoryStep = { ...never, withinMs: 1_000_000 };
    expect((await play([slow], { limitMs: 4000 })).end).toMatchObject({ ok: false });
  });

  test('Ctrl-C ends it, as a failure', async () => {
    expect((await play([never], { signal: AbortSignal.abort() })).end).toMatchObject({
      ok: false,
      reason: expect.stringContaining('stopped'),
    });
  });
});
