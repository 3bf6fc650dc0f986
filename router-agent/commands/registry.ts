import type { CommandName } from '../arguments.ts';
import type { Command } from './command.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { switchTo } from './switch.ts';

export const commands: Record<Exclude<CommandName, 'check' | 'plan' | 'teardown'>, Command> & Partial<Record<CommandName, Command>> = {
  run,
  status,
  switch: switchTo,
};
