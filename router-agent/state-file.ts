import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, fail, messageOf, type Outcome, succeed } from './outcome.ts';
import { type AgentState, stateSchema } from './state-schema.ts';

export interface StateFile {
  path: string;
  /**
   * Replaces the file whole, at once, without waiting for the disk: it survives the death of the process, but not a loss of power. That
   * is what a cut needs (the kernel's rules do not survive more), and it takes well under a millisecond.
   */
  saveFast(state: AgentState): Outcome<null>;
  /**
   * Replaces the file whole and resolves when the disk has it. The disk may take its time: heartbeats go on meanwhile. When `stale()`
   * says that a newer state was saved in between, nothing is replaced and the answer is `false`.
   */
  saveDurable(state: AgentState, stale: () => boolean): Promise<Outcome<boolean>>;
}

export interface Loaded {
  state: AgentState | null;
  /** The highest epoch that anything here tells of, whatever became of the state; 0: nothing does. No lower one may be obeyed. */
  floor: number;
  /** What was wrong with the stored state, for people; null: nothing. */
  problem: string | null;
}

const textOf = (state: AgentState) => `${JSON.stringify(state)}\n`;

export function openStateFile(stateDir: string): StateFile {
  const path = join(stateDir, 'state.json');
  const failed = (error: unknown) => fail(`cannot write ${path}: ${messageOf(error)}`);
  let floor = 0;
  return {
    path,
    saveFast(state) {
      try {
        mkdirSync(stateDir, { recursive: true, mode: 0o700 });
        writeFileSync(`${path}.fast`, textOf(state), { mode: 0o600 });
        renameSync(`${path}.fast`, path);
        return succeed(null);
      } catch (error) {
        return failed(error);
      }
    },
    async saveDurable(state, stale) {
      try {
        mkdirSync(stateDir, { recursive: true, mode: 0o700 });
        await writeAndSync(`${path}.tmp`, textOf(state));
        if (stale()) return succeed(false);
        if (state.epoch > floor) {
          await writeAndSync(`${floorPath(path)}.tmp`, `${state.epoch}\n`);
          renameSync(`${floorPath(path)}.tmp`, floorPath(path));
          floor = state.epoch;
        }
        renameSync(`${path}.tmp`, path);
        await syncDirectory(dirname(path));
        return succeed(true);
      } catch (error) {
        return failed(error);
      }
    },
  };
}

/** The epoch alone, in a file of its own: a state that is lost must not make the agent obey an order that it has outlived. */
const floorPath = (path: string) => join(dirname(path), 'epoch');

async function writeAndSync(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself is durable only when the directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Reads the state of `site`. A file that cannot be understood is kept aside as `.corrupt-<wallMs>`, and the answer says so; with `null` it
 * is left where it is (for commands that only look). It never throws.
 */
export function loadState(path: string, site: string, wallMs: number | null): Loaded {
  const floor = epochIn(textAt(floorPath(path)) ?? '', /^(\d{1,15})\n?$/);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const problem = codeOf(error) === 'ENOENT' ? null : `cannot read ${path}: ${messageOf(error)}; starting without a state`;
    return { state: null, floor, problem };
  }
  const parsed = parseState(text);
  const strange = parsed.ok && parsed.value.site !== site ? `it belongs to site "${parsed.value.site}"` : null;
  // Another site's epochs mean nothing here.
  if (strange !== null) return { state: null, floor: 0, problem: setAside(path, strange, wallMs) };
  const highest = Math.max(floor, epochIn(text, /"epoch":(\d{1,15})\D/));
  if (!parsed.ok) return { state: null, floor: highest, problem: setAside(path, parsed.reason, wallMs) };
  return { state: { ...parsed.value, epoch: Math.max(parsed.value.epoch, highest) }, floor: highest, problem: null };
}

/** The first number that the pattern finds; 0: none. A half-written file still tells its epoch. */
function epochIn(text: string, pattern: RegExp): number {
  const number = Number(pattern.exec(text)?.[1] ?? 0);
  return Number.isSafeInteger(number) ? number : 0;
}

function textAt(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No such file tells nothing: an agent that has never accepted an epoch has none.
    return null;
  }
}

function parseState(text: string): Outcome<AgentState> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return fail(`it is not JSON (${messageOf(error)})`);
  }
  const parsed = stateSchema.safeParse(raw);
  if (parsed.success) return succeed(parsed.data);
  return fail(`its form is wrong at "${parsed.error.issues[0]?.path.join('.') ?? ''}" (${parsed.error.issues[0]?.message ?? ''})`);
}

function setAside(path: string, reason: string, wallMs: number | null): string {
  if (wallMs === null) return `${path} cannot be used: ${reason}`;
  const aside = `${path}.corrupt-${wallMs}`;
  try {
    renameSync(path, aside);
    return `${path} was not used: ${reason}; kept as ${aside}, starting without a state`;
  } catch (error) {
    return `${path} was not used: ${reason}; it could not be kept aside (${messageOf(error)}), starting without a state`;
  }
}
