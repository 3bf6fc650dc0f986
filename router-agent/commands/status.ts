import { askAgent } from '../control.ts';
import { type AgentStatus, agentStatusSchema } from '../status-schema.ts';
import type { Command } from './command.ts';

/** Prints what the running agent knows; 1 when none runs. */
export const status: Command = async ({ config, out, err, colour }, { json }) => {
  const answer = await askAgent(config.state_dir, { cmd: 'status' });
  const parsed = answer.ok ? agentStatusSchema.safeParse(answer.value) : null;
  if (parsed?.success !== true) {
    err(`farwatch-agent: ${answer.ok ? 'the agent is of another version; restart it' : answer.reason}\n`);
    return 1;
  }
  out(json ? `${JSON.stringify(parsed.data)}\n` : renderStatus(parsed.data, colour));
  return 0;
};

const HEAD = ['', 'SERVER', 'PATH', 'WEIGHT', 'RTT', 'LOSS', 'HEARD', 'DEVICE'];

/** The same for people: a few sentences and a table. */
export function renderStatus(status: AgentStatus, colour: boolean): string {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { edge, directive } = status;
  const heard = edge.heardAgoMs === null ? 'never heard' : `heard ${seconds(edge.heardAgoMs)} ago`;
  const lines = [
    `site ${status.site} · carrying ${status.carrying ?? 'nothing'} · epoch ${status.applied} of ${status.epoch}${status.manual === null ? '' : ` · ${status.manual} by hand`}`,
    `edge ${edge.url} · ${edge.reached ? paint(32, heard) : paint(31, `${heard}: ${edge.message}`)}${edge.alone ? ' · alone: keeps what it has' : ''}`,
    ...(directive === null ? [] : [`why  ${directive.why}`]),
    '',
    ...table([HEAD, ...status.paths.map((path) => pathRow(path, status.carrying))]).map((line, index) =>
      index === 0 ? paint(1, line) : line,
    ),
    ...status.problems.map((problem) => paint(33, `! ${problem.kind}: ${problem.message}`)),
  ];
  return `${lines.join('\n')}\n`;
}

function pathRow(path: AgentStatus['paths'][number], carrying: string | null): string[] {
  const life = path.alive === null ? 'unknown' : path.alive ? 'alive' : 'dead';
  return [
    path.server === carrying ? '→' : '',
    path.server,
    path.latched ? `${life}, latched` : life,
    `${path.weight} %`,
    path.rttMs === null ? '–' : `${path.rttMs.toFixed(1)} ms`,
    `${(path.loss * 100).toFixed(0)} %`,
    path.heardAgoMs === null ? 'never' : `${seconds(path.heardAgoMs)} ago`,
    path.device ?? 'simulated',
  ];
}

function table(rows: string[][]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
