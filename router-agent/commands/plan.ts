import { systemClock } from '../clock.ts';
import { dataPlaneFor, steersKernel } from '../drivers/registry.ts';
import { decideLife } from '../life.ts';
import { createLog } from '../log.ts';
import { createMptcpCare } from '../mptcp/care.ts';
import { succeed } from '../outcome.ts';
import { dryOs, systemOs } from '../runner.ts';
import { loadState, openStateFile } from '../state-file.ts';
import type { Command } from './command.ts';

/** Prints what `run` would change now, as one would type it; changes nothing. */
export const plan: Command = async ({ config, out, err }) => {
  const lines: string[] = [];
  const log = createLog('warn', { journald: false, write: err });
  // What was not done is wanted again: once is enough to print.
  const os = dryOs(systemOs, (line) => void (lines.includes(line) || lines.push(line)));
  const dataPlane = dataPlaneFor(config, { os, clock: systemClock, log, remember: () => undefined, session: false });
  const found = await dataPlane.start();
  const servers = config.tunnel.map((tunnel) => tunnel.server);
  const state = readOnlyState(config.state_dir, config.site);
  const directive = state?.directive ?? null;
  const wanted = directive ?? (found === null ? null : { weights: found.weights, mode: 'drain' as const });
  const dead = new Set([...Object.keys(state?.latches ?? {}), ...(found?.dead ?? [])]);
  const alive = Object.fromEntries(servers.map((server) => [server, found?.dead.includes(server) ? false : null]));
  const done = await dataPlane.apply(decideLife({ servers, wanted, alive, latched: dead }, null).carry);
  const mptcp = steersKernel(config)
    ? await createMptcpCare({ wans: config.wan, os, log, rememberLimits: () => undefined, rememberSetting: () => undefined }).reconcile()
    : succeed(null);
  for (const complaint of dataPlane.complaints()) err(`farwatch-agent: ${complaint}\n`);
  for (const one of [done, mptcp]) {
    if (one.ok) continue;
    err(`farwatch-agent: ${one.reason}\n`);
    return 1;
  }
  out(lines.length === 0 ? '# nothing to do: the kernel does already what is wanted\n' : `${lines.join('\n')}\n`);
  return 0;
};

/** A state that cannot be understood is left where it is: `run` will keep it aside. */
function readOnlyState(stateDir: string, site: string) {
  return loadState(openStateFile(stateDir).path, site, null).state;
}
