import { writeFileSync } from 'node:fs';
import { isPrivateHost, unbracketed } from '../../fleet-file/address.ts';
import { diffFleet } from '../../fleet-file/diff.ts';
import { type FleetFormat, formatOf } from '../../fleet-file/format.ts';
import { readFleet } from '../../fleet-file/read.ts';
import { readIfThere } from '../admin-token.ts';
import { StartFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { FleetApi, type Put, type Refusal } from './api.ts';
import type { Command, FleetOptions } from './arguments.ts';
import { baseOf, saveBase } from './base.ts';
import { changesText, diffText, errorLines, versionLines } from './text.ts';

export const EXIT = { done: 0, differs: 1, error: 2 } as const;

export interface Screen extends Terminal {
  out(line: string): void;
  /** For what goes wrong. */
  err(line: string): void;
}

type Run = (options: FleetOptions, screen: Screen) => number | Promise<number>;

/** Every command, by name. Each answers its exit code, and throws StartFailure for what the user can put right. */
export const RUN: Record<Command, Run> = { validate, diff, push, pull, versions, rollback };

function validate(options: FleetOptions, screen: Screen): number {
  const { name, text, format } = fileOf(options);
  // What only one's own machine may watch is right for an edge of one's own machine.
  const allowPrivate = isPrivateHost(unbracketed(new URL(options.edge).hostname));
  const read = readFleet(text, format, { allowPrivate });
  if (!read.ok) {
    tellErrors(name, read.errors, screen);
    return EXIT.differs;
  }
  warn(read.warnings, screen);
  const { vantage, server, site } = read.fleet;
  screen.out(`${name} is right: ${vantage.length} vantages, ${server.length} servers, ${site.length} sites.`);
  return EXIT.done;
}

async function diff(options: FleetOptions, screen: Screen): Promise<number> {
  const { name, text, format } = fileOf(options);
  const answer = await apiOf(options).put(text, format, { dryRun: true });
  if (!answer.ok) return refused(name, answer, screen);
  warn(answer.warnings, screen);
  for (const line of diffText(answer.diff, screen)) screen.out(line);
  return answer.diff.length === 0 ? EXIT.done : EXIT.differs;
}

/** The version that was looked at is the version that is replaced: what another one pushes meanwhile is not lost. */
async function push(options: FleetOptions, screen: Screen): Promise<number> {
  const { name, text, format } = fileOf(options);
  const api = apiOf(options);
  const now = (await api.get(format))?.etag ?? null;
  const base = baseOf(name, options.edge);
  if (!options.force && base !== null && now !== null && base !== now)
    return stale(name, `version ${base} was pulled, the edge has ${now}`, screen);
  const answer = await api.put(text, format, { dryRun: false, note: options.note, ifMatch: options.force ? null : now });
  if (!answer.ok) return answer.stale ? stale(name, answer.reason, screen) : refused(name, answer, screen);
  saveBase(name, options.edge, `"${answer.version}"`);
  tellPut(name, answer, screen);
  return EXIT.done;
}

async function pull(options: FleetOptions, screen: Screen): Promise<number> {
  const { file } = options;
  const format = formatOf(file ?? '', '');
  const stored = await apiOf(options).get(format);
  if (stored === null) throw new StartFailure(`${options.edge} has no fleet yet: push one`);
  if (file === null) {
    screen.out(stored.text.trimEnd());
    return EXIT.done;
  }
  const mine = readIfThere(file);
  if (mine !== null && saysTheSame(mine, stored.text, format))
    screen.out(`${file} says the same already: it stays as it is, comments and all.`);
  else if (mine !== null && !options.force) {
    screen.err(`${file} is there and says something else: see "diff", or take the edge's by --force.`);
    return EXIT.differs;
  } else {
    writeFileSync(file, stored.text);
    screen.out(`${file} is version ${stored.etag} of ${options.edge}.`);
  }
  saveBase(file, options.edge, stored.etag);
  return EXIT.done;
}

async function versions(options: FleetOptions, screen: Screen): Promise<number> {
  for (const line of versionLines(await apiOf(options).versions(), screen)) screen.out(line);
  return EXIT.done;
}

async function rollback(options: FleetOptions, screen: Screen): Promise<number> {
  const what = `version ${options.version}`;
  const answer = await apiOf(options).rollback(options.version ?? 0);
  if (!answer.ok) return refused(what, answer, screen);
  tellPut(what, answer, screen);
  return EXIT.done;
}

function saysTheSame(mine: string, stored: string, format: FleetFormat): boolean {
  const [a, b] = [mine, stored].map((text) => readFleet(text, format, { allowPrivate: true }));
  return a?.ok === true && b?.ok === true && diffFleet(a.fleet, b.fleet).length === 0;
}

function tellPut(name: string, { version, diff: changes, warnings }: Put, screen: Screen): void {
  warn(warnings, screen);
  for (const line of diffText(changes, screen)) screen.out(line);
  const same = `${name} is what the edge has already, as version ${version}.`;
  screen.out(changes.length === 0 ? same : `${name} is version ${version} now (${changesText(changes.length)}).`);
}

function stale(name: string, why: string, screen: Screen): number {
  screen.err(`${name} was not pushed: the edge has changed since (${why}). See "diff"; then "pull --force", or "push --force".`);
  return EXIT.differs;
}

function refused(name: string, { reason, errors }: Refusal, screen: Screen): number {
  if (errors.length === 0) screen.err(`${name} was not taken: ${reason}`);
  else tellErrors(name, errors, screen);
  return EXIT.error;
}

function tellErrors(name: string, errors: Refusal['errors'], screen: Screen): void {
  screen.err(`${name} has ${errors.length === 1 ? 'one error' : `${errors.length} errors`}; nothing was changed.`);
  for (const line of errorLines(errors, screen)) screen.err(line);
}

function warn(warnings: readonly string[], screen: Screen): void {
  for (const warning of warnings) screen.err(`${screen.paint('warn', 'warning:')} ${warning}`);
}

function fileOf({ file }: FleetOptions): { name: string; text: string; format: FleetFormat } {
  const text = file === null ? null : readIfThere(file);
  if (file === null || text === null) throw new StartFailure(`there is no file ${file}`);
  return { name: file, text, format: formatOf(file, text) };
}

function apiOf({ edge, tokenFile }: FleetOptions): FleetApi {
  const token = readIfThere(tokenFile)?.trim();
  if (token === undefined || token === '') throw new StartFailure(`there is no administrator's token in ${tokenFile}: see --token-file`);
  return new FleetApi(edge, token);
}
