import type { Tunnel } from '../config.ts';
import { fail, type Outcome, succeed } from '../outcome.ts';
import { mustSucceed, type Os } from '../runner.ts';
import type { Pace, TunnelDriver } from './driver.ts';
import { readDevice } from './link.ts';

/**
 * The user's own tunnel, by commands of the agent's file: argument lists, never a shell. `status` says by exit code 0 that the tunnel is up; without
 * it the device speaks for it. What is half up is taken down before it is brought up again.
 */
export const command: TunnelDriver = {
  async up(tunnel, os, pace) {
    const state = await stateOf(tunnel, os);
    if (!state.ok) return state;
    if (state.value === 'up') return succeed(null);
    return bringUp(tunnel, state.value, os, pace);
  },

  async down(tunnel, os) {
    const state = await stateOf(tunnel, os);
    if (state.ok && state.value === 'absent') return succeed(null);
    const done = await runOne('down', tunnel, os);
    return done.ok ? succeed(`ran ${shown(tunnel.down)}`) : done;
  },

  tools: ({ up = [], down = [], status = [] }) => [...new Set([up, down, status].flatMap(([program]) => program ?? []))],

  async check(tunnel, os) {
    return [tunnel.up, tunnel.down, tunnel.status].flatMap((argv) => {
      const program = argv?.[0];
      return program?.startsWith('/') && os.mode(program) !== null && ((os.mode(program) ?? 0) & 0o111) === 0
        ? [`${program} cannot be executed; right: chmod +x ${program}`]
        : [];
    });
  },

  diagnose: async () => null,
};

type State = 'up' | 'half' | 'absent';

async function stateOf(tunnel: Tunnel, os: Os): Promise<Outcome<State>> {
  const { device = '', status } = tunnel;
  const link = await readDevice(os, device);
  const there = link?.up === true && link.addresses.length > 0;
  const absent = link === null ? 'absent' : 'half';
  if (status === undefined) return succeed(there ? 'up' : absent);
  const result = await os.query(status, { timeoutMs: timeoutOf(tunnel) });
  // A status that hangs or cannot be run says nothing of the tunnel: it is left as it is.
  if (result.code === 124 || result.code === 126 || result.code === 127) return fail(`status: ${shown(status)}: ${result.stderr}`);
  if (result.code !== 0) return succeed(absent);
  return there
    ? succeed('up')
    : fail(
        `${shown(status)} says that the tunnel is up, but device ${device} is ${link === null ? 'missing' : 'down or without an address'}`,
      );
}

async function bringUp(tunnel: Tunnel, state: State, os: Os, pace: Pace): Promise<Outcome<string | null>> {
  const may = pace.mayStart();
  if (!may.ok) return fail(`${shown(tunnel.up)}: ${may.reason}`);
  if (state === 'half') {
    const cleared = await runOne('down', tunnel, os);
    if (!cleared.ok) return cleared;
  }
  const done = await runOne('up', tunnel, os);
  if (done.ok) return succeed(`ran ${shown(tunnel.up)}`);
  const after = await stateOf(tunnel, os);
  if (after.ok && after.value === 'half') await runOne('down', tunnel, os);
  return done;
}

async function runOne(verb: 'up' | 'down', tunnel: Tunnel, os: Os): Promise<Outcome<null>> {
  const argv = tunnel[verb] ?? [];
  return mustSucceed(argv, await os.change(argv, { timeoutMs: timeoutOf(tunnel) }));
}

const timeoutOf = ({ timeout_s: seconds }: Tunnel) => (seconds ?? DEFAULT_TIMEOUT_S) * 1000;
const DEFAULT_TIMEOUT_S = 20;
const shown = (argv: readonly string[] = []) => argv.join(' ');
