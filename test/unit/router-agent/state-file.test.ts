import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKeeper } from '../../../router-agent/keeper.ts';
import { createLog } from '../../../router-agent/log.ts';
import { createProblems } from '../../../router-agent/problems.ts';
import { loadState, openStateFile } from '../../../router-agent/state-file.ts';
import { type AgentState, emptyState } from '../../../router-agent/state-schema.ts';
import { fakeClock } from './fake-clock.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'farwatch-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const state = (epoch: number): AgentState => ({ ...emptyState('home', 5000), epoch });
const read = () => loadState(join(folder, 'state.json'), 'home', 123);

function keeperOn(stateDir: string, initial = state(1)) {
  const problems = createProblems(() => undefined);
  const log = createLog('error', { journald: false, write: () => undefined });
  const clock = fakeClock();
  return { problems, clock, keeper: createKeeper(initial, openStateFile(stateDir), { problems, log, clock }) };
}

describe('the state file', () => {
  test('what was saved, fast or durable, is read again', async () => {
    const file = openStateFile(folder);
    expect(file.saveFast(state(7)).ok).toBe(true);
    expect(read()).toEqual({ state: state(7), floor: 7, problem: null });
    expect(await file.saveDurable(state(8), () => false)).toEqual({ ok: true, value: true });
    expect(read().state?.epoch).toBe(8);
  });

  test('a durable write that was overtaken replaces nothing', async () => {
    const file = openStateFile(folder);
    file.saveFast(state(9));
    expect(await file.saveDurable(state(8), () => true)).toEqual({ ok: true, value: false });
    expect(read().state?.epoch).toBe(9);
  });

  test('none yet: no problem', () => expect(read()).toEqual({ state: null, floor: 0, problem: null }));

  test.each([
    ['half a file', '{"version":1,"site":"ho'],
    ['nothing', ''],
    ['another form', '{"version":2}'],
    ['another site', JSON.stringify({ ...state(3), site: 'office' })],
  ])('%s is kept aside, loudly, and the agent starts empty', (_, text) => {
    writeFileSync(join(folder, 'state.json'), text);
    const { state: loaded, problem } = read();
    expect(loaded).toBeNull();
    expect(problem).toContain('state.json.corrupt-123');
    expect(readFileSync(join(folder, 'state.json.corrupt-123'), 'utf8')).toBe(text);
    expect(readdirSync(folder)).not.toContain('state.json');
  });

  test('a command that only looks leaves a broken file where it is', () => {
    writeFileSync(join(folder, 'state.json'), 'x');
    expect(loadState(join(folder, 'state.json'), 'home', null).state).toBeNull();
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  test('is for nobody else to read', () => {
    chmodSync(folder, 0o755);
    openStateFile(folder).saveFast(state(1));
    expect(readdirSync(folder)).toEqual(['state.json']);
  });
});

describe('the keeper', () => {
  test('report numbers rise over restarts, also after a kill', async () => {
    const first = keeperOn(folder).keeper;
    const last = Array.from({ length: 200 }, () => first.takeSeq()).at(-1) ?? 0;
    // No idle(): a kill -9 waits for nothing.
    const again = keeperOn(folder, read().state ?? state(0)).keeper;
    expect(again.takeSeq()).toBeGreaterThan(last);
    await first.idle();
  });

  test('the newest of many states is what stays', async () => {
    const { keeper } = keeperOn(folder);
    for (let epoch = 2; epoch < 40; epoch++) {
      if (epoch % 3 === 0) keeper.putFast({ ...keeper.state(), epoch });
      else void keeper.put({ ...keeper.state(), epoch });
    }
    await keeper.idle();
    expect(read().state?.epoch).toBe(39);
  });

  test('a disk that refuses is a problem to report; the state lives on in memory', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { keeper, problems } = keeperOn(join(folder, 'file', 'below'));
    await keeper.put({ ...keeper.state(), epoch: 5 });
    keeper.putFast({ ...keeper.state(), latches: { a: 3 } });
    expect(keeper.state()).toMatchObject({ epoch: 5, latches: { a: 3 } });
    expect(problems.list()).toEqual([{ kind: 'state-file', message: expect.stringContaining('going on from memory') }]);
    await keeper.idle();
  });

  test('it is tried again until the disk takes the newest state; then the problem is over', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { keeper, problems, clock } = keeperOn(join(folder, 'file'));
    await keeper.put({ ...keeper.state(), epoch: 5 });
    await keeper.put({ ...keeper.state(), epoch: 6 });
    clock.advance(20_000);
    await keeper.idle();
    expect(problems.list()).toHaveLength(1);
    rmSync(join(folder, 'file'));
    clock.advance(5000);
    await keeper.idle();
    expect(problems.list()).toEqual([]);
    expect(loadState(join(folder, 'file', 'state.json'), 'home', 123)).toMatchObject({ state: { epoch: 6 }, floor: 6 });
  });
});

describe('a broken disk', () => {
  const text = `${JSON.stringify({ ...state(17), latches: { a: 3 } })}\n`;
  const put = (bytes: Buffer | string) => writeFileSync(join(folder, 'state.json'), bytes);
  /** The epoch below which this agent would obey nothing. */
  const floor = () => {
    const loaded = read();
    return loaded.state?.epoch ?? loaded.floor;
  };

  test('a file that was cut off anywhere is no state, and never lowers the epoch that was reached', async () => {
    await openStateFile(folder).saveDurable(state(17), () => false);
    for (let length = 0; length < text.length - 1; length++) {
      put(text.slice(0, length));
      expect(read()).toMatchObject({ state: null, floor: 17, problem: expect.stringContaining('was not used') });
    }
  });

  test.each([0x00, 0xff, 0x22, 0x2d, 0x30, 0x39, 0x7d])('byte 0x%s anywhere neither throws nor lowers the epoch', async (byte) => {
    await openStateFile(folder).saveDurable(state(17), () => false);
    for (let at = 0; at < text.length; at++) {
      const bytes = Buffer.from(text);
      bytes[at] = byte;
      put(bytes);
      // Another site's state is not ours: there it begins anew.
      if (!(read().problem ?? '').includes('belongs to site')) {
        put(bytes);
        expect(floor()).toBeGreaterThanOrEqual(17);
      }
    }
  });

  test('a half-written or a newer file still tells its epoch, when that is all there is', () => {
    put(text.slice(0, text.indexOf('"directive"')));
    expect(read()).toMatchObject({ state: null, floor: 17 });
    put(text.replace('"version":1', '"version":2'));
    expect(read()).toMatchObject({ state: null, floor: 17, problem: expect.stringContaining('version') });
  });

  test.each(['', 'x', '99999999999999999999', '-4', '1e9'])('an epoch file of %j tells nothing', (broken) => {
    writeFileSync(join(folder, 'epoch'), broken);
    expect(read()).toEqual({ state: null, floor: 0, problem: null });
  });
});
