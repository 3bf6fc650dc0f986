import { describe, expect, test } from 'vitest';
import type { Tunnel } from '../../../router-agent/config.ts';
import { command } from '../../../router-agent/drivers/command.ts';
import { createPace, UNHURRIED } from '../../../router-agent/drivers/pace.ts';
import type { RunResult } from '../../../router-agent/runner.ts';
import { fakeClock } from './fake-clock.ts';
import { fakeOs } from './fake-os.ts';

const TUNNEL: Tunnel = {
  server: 'a',
  driver: 'command',
  device: 'gre1',
  up: ['tunnel', 'up', 'two words'],
  down: ['tunnel', 'down'],
  heartbeat: '10.9.1.1',
  table: 201,
  mark: 1,
};
const WITH_STATUS: Tunnel = { ...TUNNEL, status: ['tunnel', 'status'], timeout_s: 3 };

type State = 'absent' | 'half' | 'up';

/** A machine whose `tunnel up` brings the device to `reaches`. */
function machine(start: State, { reaches = 'up' as State, upCode = 0, status = {} as Partial<RunResult> } = {}) {
  let state = start;
  const os = fakeOs((line): Partial<RunResult> | undefined => {
    if (line === 'tunnel status') return status;
    if (line === 'tunnel down') state = 'absent';
    if (line.startsWith('tunnel up')) {
      state = reaches;
      return { code: upCode, stderr: upCode === 0 ? '' : 'no route to the VPS' };
    }
    if (!line.startsWith('ip -j -d addr show')) return undefined;
    if (state === 'absent') return { code: 1 };
    return {
      stdout: JSON.stringify([
        { ifname: 'gre1', flags: state === 'up' ? ['UP'] : [], mtu: 1400, addr_info: [{ local: '10.9.1.2', prefixlen: 30 }] },
      ]),
    };
  });
  return os;
}

describe('the command driver', () => {
  test('runs `up` once, as a list of words; then all is well and nothing is run', async () => {
    const os = machine('absent');
    expect(await command.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: 'ran tunnel up two words' });
    expect(await command.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: null });
    expect(os.changes).toEqual(['tunnel up two words']);
  });

  test('what is half up is taken down first', async () => {
    const os = machine('half');
    await command.up(TUNNEL, os, UNHURRIED);
    expect(os.changes).toEqual(['tunnel down', 'tunnel up two words']);
  });

  test('an `up` that fails half-way leaves nothing behind', async () => {
    const os = machine('absent', { reaches: 'half', upCode: 1 });
    const done = await command.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toMatch(/no route to the VPS/);
    expect(os.changes).toEqual(['tunnel up two words', 'tunnel down']);
  });

  test('an `up` that fails again and again is tried ever more rarely', async () => {
    const os = machine('absent', { reaches: 'absent', upCode: 1 });
    const clock = fakeClock();
    const pace = createPace(clock);
    for (let second = 0; second < 60; second++) {
      await command.up(TUNNEL, os, pace);
      clock.advance(1000);
    }
    expect(os.changes).toHaveLength(7);
  });

  test.each<[string, State, Partial<RunResult>, string[], RegExp | null]>([
    ['says it is up', 'up', { code: 0 }, [], null],
    ['says it is not', 'up', { code: 1 }, ['tunnel down', 'tunnel up two words'], null],
    ['is up without a device', 'absent', { code: 0 }, [], /device gre1 is missing/],
    ['hangs', 'up', { code: 124, stderr: 'tunnel did not end in time' }, [], /did not end in time/],
    ['is missing', 'up', { code: 127, stderr: 'tunnel: ENOENT' }, [], /ENOENT/],
  ])('a status that %s', async (_, state, status, changes, reason) => {
    const os = machine(state, { status });
    const done = await command.up(WITH_STATUS, os, UNHURRIED);
    expect(os.changes).toEqual(changes);
    expect(done.ok ? null : done.reason).toEqual(reason === null ? null : expect.stringMatching(reason));
  });

  test('down runs only when there is something to take down', async () => {
    const os = machine('up');
    expect(await command.down(TUNNEL, os)).toEqual({ ok: true, value: 'ran tunnel down' });
    expect(await command.down(TUNNEL, os)).toEqual({ ok: true, value: null });
  });

  test('check names a program that cannot be executed', async () => {
    const os = machine('up');
    os.files['/etc/tunnel'] = '#!/bin/sh';
    os.modes['/etc/tunnel'] = 0o644;
    expect(await command.check({ ...TUNNEL, up: ['/etc/tunnel', 'up'] }, os)).toEqual([expect.stringContaining('chmod +x /etc/tunnel')]);
  });
});
