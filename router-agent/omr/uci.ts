import { fail, type Outcome, succeed } from '../outcome.ts';
import type { Os } from '../runner.ts';

/** OpenWrt's configuration: `package.section` → its type, `package.section.option` → its values. */
export type Uci = ReadonlyMap<string, readonly string[]>;

/** Reads what `uci show` prints: `a.b=type`, `a.b.c='value'`, lists as `'one' 'two'`. Lines that are neither are left out. */
export function parseUci(text: string): Uci {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const pair = /^([^=\s]+)=(.*)$/.exec(line);
    if (pair === null) continue;
    const [, key = '', raw = ''] = pair;
    const quoted = [...raw.matchAll(/'((?:[^']|'\\'')*)'(?=\s|$)/g)].map(([, value = '']) => value.replaceAll("'\\''", "'"));
    found.set(key, quoted.length > 0 ? quoted : [raw]);
  }
  return found;
}

export const one = (uci: Uci, key: string): string | null => uci.get(key)?.[0] ?? null;

/** Newer builds keep what only describes the moment here, so that the flash is not worn. */
export const STATE_FOLDER = '/var/state';

/** The packages that matter for a server's place, and the volatile view of `openmptcprouter`. */
export async function readUci(os: Os): Promise<Outcome<{ uci: Uci; state: Uci }>> {
  const [all, state] = await Promise.all([os.query(['uci', 'show']), os.query(['uci', '-P', STATE_FOLDER, 'show', 'openmptcprouter'])]);
  if (all.code === 127)
    return fail('there is no `uci` here; is this an OpenMPTCProuter? right: run the agent on it, or choose another driver');
  if (all.code !== 0) return fail(`uci show: ${all.stderr || `exit code ${all.code}`}`);
  return succeed({ uci: parseUci(all.stdout), state: parseUci(state.code === 0 ? state.stdout : '') });
}
