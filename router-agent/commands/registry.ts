import type { CommandName } from '../arguments.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { plan } from './plan.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { switchTo } from './switch.ts';
import { teardown } from './teardown.ts';

export const commands: Record<CommandName, Command> = { run, check, status, plan, switch: switchTo, teardown };
