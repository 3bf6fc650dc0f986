import { askAgent } from '../control.ts';
import type { Subflow } from '../mptcp/subflows.ts';
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

const HEAD = ['', 'SERVER', 'PATH', 'WEIGHT', 'FLOWS', 'RTT', 'LOSS', 'HEARD', 'DEVICE'];

/** The same for people: a few sentences and a table. */
export function renderStatus(status: AgentStatus, colour: boolean): string {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { edge, lastCut } = status;
  const heard = edge.heardAgoMs === null ? 'never heard' : `heard ${seconds(edge.heardAgoMs)} ago`;
  const lines = [
    `site ${status.site} · carrying ${status.carrying ?? 'nothing'} · epoch ${status.applied} of ${status.epoch}${status.manual === null ? '' : ` · ${status.manual} by hand`}`,
    `edge ${edge.url} · ${edge.reached ? paint(32, heard) : paint(31, `${heard}: ${edge.message}`)}${edge.alone ? ' · alone: keeps what it has' : ''}`,
    `why  ${status.why}`,
    ...(lastCut === undefined
      ? []
      : [
          `last cut  ${lastCut.from} → ${lastCut.to} ${ago(lastCut.at)}: silent for ${Math.round(lastCut.silenceMs)} ms, moved in ${Math.round(lastCut.applyMs)} ms`,
        ]),
    '',
    ...table([HEAD, ...status.paths.map((path) => pathRow(path, status.carrying))]).map((line, index) =>
      index === 0 ? paint(1, line) : line,
    ),
    ...(status.wans.length === 0 ? [] : ['', ...wanTable(status.wans).map((line, index) => (index === 0 ? paint(1, line) : line))]),
    ...mptcpLines(status.mptcp),
    ...(status.problems.length === 0 ? [] : ['']),
    ...status.problems.map((problem) => paint(33, `! ${problem.kind}: ${problem.message}`)),
  ];
  return `${lines.join('\n')}\n`;
}

const WAN_HEAD = ['WAN', 'SERVER', 'PATH', 'RTT', 'LOSS', ''];

function wanTable(wans: AgentStatus['wans']): string[] {
  const sorted = [...wans].sort((a, b) => a.wan.localeCompare(b.wan));
  return table([WAN_HEAD, ...sorted.map(wanRow)]);
}

function wanRow({ wan, server, alive, bound, rttMs, loss }: AgentStatus['wans'][number]): string[] {
  return [wan, server, alive ? 'alive' : 'dead', roundTrip(rttMs), percent(loss), bound ? 'the tunnel leaves here' : ''];
}

const roundTrip = (ms: number | null) => (ms === null ? '–' : `${ms.toFixed(1)} ms`);
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

const SUBFLOW_HEAD = ['WAN', 'SUBFLOW TO', 'STATE', 'RTT', 'RETRANSMITTED'];

function subflowRow({ device, peer, backup, rttMs, retransmissions }: Subflow): string[] {
  return [device, peer, backup ? 'backup' : 'established', roundTrip(rttMs), `${retransmissions}`];
}

function mptcpLines(mptcp: AgentStatus['mptcp']): string[] {
  if (mptcp === null) return [];
  const { endpoints, connections, retransmissions, stale, recovered, subflows } = mptcp;
  const role = ({ device, address, backup, alive }: (typeof endpoints)[number]) =>
    `${device} ${address}${backup ? ' (backup)' : ''}${alive === false ? ' (dead)' : ''}`;
  return [
    '',
    `mptcp ${endpoints.map(role).join(', ') || 'no endpoints'} · ${connections} connection(s), ${retransmissions} retransmitted, subflows given up ${stale}, back ${recovered}`,
    ...(subflows === null || subflows.length === 0 ? [] : table([SUBFLOW_HEAD, ...subflows.map(subflowRow)])),
  ];
}

function pathRow(path: AgentStatus['paths'][number], carrying: string | null): string[] {
  const life = path.alive === null ? 'unknown' : path.alive ? 'alive' : 'dead';
  return [
    path.server === carrying ? '→' : '',
    path.server,
    path.latched ? `${life}, latched` : life,
    `${path.weight} %`,
    path.flows === null ? '–' : `${path.flows}`,
    roundTrip(path.rttMs),
    percent(path.loss),
    path.heardAgoMs === null ? 'never' : `${seconds(path.heardAgoMs)} ago`,
    path.device ?? 'simulated',
  ];
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Wall time against wall time: good enough for people. */
function ago(at: number): string {
  const s = Math.max(0, Math.round((Date.now() - at) / 1000));
  return s < 120 ? `${s} s ago` : s < 7200 ? `${Math.round(s / 60)} min ago` : `${Math.round(s / 3600)} h ago`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
