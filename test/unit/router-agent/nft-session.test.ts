import { expect, test } from 'vitest';
import { openNftSession } from '../../../router-agent/dataplane/nft-session.ts';
import { createLog } from '../../../router-agent/log.ts';
import { fakeClock } from './fake-clock.ts';
import { fakeOs } from './fake-os.ts';

/** A machine whose `nft -i` answers as told: `well` (only the question fails), `error` (the line fails too), `mute`, or dies in the middle. */
function rig() {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog('warn', { journald: false, write: (line) => lines.push(line) });
  const facts: { mood: 'well' | 'error' | 'mute' | 'dies'; started: number; end: () => void } = {
    mood: 'well',
    started: 0,
    end: () => undefined,
  };
  function answer(question: string, onStderr: (text: string) => void, onEnd: () => void): void {
    if (facts.mood === 'dies') onEnd();
    if (facts.mood === 'error') onStderr('Error: no such set\n');
    if (facts.mood === 'error' || facts.mood === 'well') onStderr(`Error: No such file or directory\n${question}\n`);
  }
  const session = openNftSession(
    {
      ...fakeOs(() => undefined),
      open(_argv, onStderr, onEnd) {
        facts.started += 1;
        facts.end = onEnd;
        return {
          write(line) {
            queueMicrotask(() => answer(line.split('\n').at(-1) ?? '', onStderr, onEnd));
            return true;
          },
          close: () => undefined,
        };
      },
    },
    clock,
    log,
  );
  return { session, clock, facts, lines };
}

test('a line that goes well', async () => {
  const { session, facts } = rig();
  session.warm();
  expect(await session.run('add element x')).toEqual({ ok: true, value: null });
  expect(await session.run('add element y')).toEqual({ ok: true, value: null });
  expect(facts.started).toBe(1);
});

test('a line that fails is told, and the next one gets a new nft', async () => {
  const { session, facts } = rig();
  facts.mood = 'error';
  expect(await session.run('add element x')).toMatchObject({ ok: false, reason: expect.stringContaining('no such set') });
  facts.mood = 'well';
  expect(await session.run('add element x')).toMatchObject({ ok: true });
  expect(facts.started).toBe(2);
});

test('one that does not answer is given up after 100 ms', async () => {
  const { session, clock, facts } = rig();
  facts.mood = 'mute';
  const answer = session.run('add element x');
  clock.advance(100);
  expect(await answer).toMatchObject({ ok: false });
});

test('one that dies in the middle is noticed at once, said once, and replaced; more slowly each time', async () => {
  const { session, clock, facts, lines } = rig();
  session.warm();
  facts.mood = 'dies';
  expect(await session.run('add element x')).toMatchObject({ ok: false });
  expect(lines).toHaveLength(1);
  clock.advance(999);
  expect(facts.started).toBe(1);
  clock.advance(1);
  expect(facts.started).toBe(2);
  facts.end();
  clock.advance(1999);
  expect(facts.started).toBe(2);
  clock.advance(1);
  expect(facts.started).toBe(3);
  facts.mood = 'well';
  expect(await session.run('add element x')).toMatchObject({ ok: true });
});

test('one that dies while nobody asks is there again for the next cut', async () => {
  const { session, clock, facts } = rig();
  session.warm();
  facts.end();
  clock.advance(1000);
  expect(facts.started).toBe(2);
  expect(await session.run('add element x')).toMatchObject({ ok: true });
  expect(facts.started).toBe(2);
});

test('after close nothing is started', () => {
  const { session, clock, facts } = rig();
  session.warm();
  session.close();
  facts.end();
  clock.advance(100_000);
  expect(facts.started).toBe(1);
});
