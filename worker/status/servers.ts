import { html } from 'hono/html';
import { HEALTH_TONE, MARKS, type Markup, pill, reason, section, type Tone, timeOf } from './parts.ts';
import { duration, type ServerStatus, type Status, type VantageStatus, type Vote, vantageColumns } from './view.ts';
import type { Words } from './words.ts';

const VOTE_TONE: Readonly<Record<Vote, Tone>> = { up: 'up', down: 'down', unknown: 'calm' };

/** Each server with its health, and what each vantage says of it. */
export function serversSection(status: Status, words: Words): Markup | '' {
  if (status.servers.length === 0) return '';
  const columns = vantageColumns(status);
  const heads = columns.map((id) =>
    vantageHead(
      id,
      status.vantages.find((vantage) => vantage.id === id),
      words,
    ),
  );
  return section(
    'servers',
    words.servers,
    html`<div class="card scroll" role="region" aria-labelledby="servers" tabindex="0" id="servers-table"><table>
<thead><tr><th scope="col">${words.server}</th><th scope="col">${words.healthHead}</th>${heads}</tr></thead>
<tbody>${status.servers.map((server) => serverRow(server, columns, words))}</tbody></table></div>`,
  );
}

function vantageHead(id: string, vantage: VantageStatus | undefined, words: Words): Markup {
  const place = vantage?.colo ?? vantage?.region;
  const where = place === undefined || place === id ? '' : html` <span class="soft">${place}</span>`;
  return html`<th scope="col">${id}${where}${vantage?.sighted === false ? html` ${pill('warn', words.blindVantage)}` : ''}</th>`;
}

function serverRow(server: ServerStatus, columns: string[], words: Words): Markup {
  const votes = columns.map((id) =>
    voteCell(
      id,
      server.votes.find((vote) => vote.vantage === id),
      words,
    ),
  );
  const region = server.region === null ? '' : html`<br><span class="small soft">${server.region}</span>`;
  return html`<tr data-server="${server.id}"><th scope="row">${server.name}${region}</th>
<td data-health="${server.health}">${pill(HEALTH_TONE[server.health], words.health[server.health])} <span class="small soft">${words.since} ${timeOf(server.since, words)}</span>${reason(server.why)}</td>${votes}</tr>`;
}

/** Where the screen is too narrow for columns, the cell says itself whose vote it is. */
function voteCell(vantage: string, vote: ServerStatus['votes'][number] | undefined, words: Words): Markup {
  if (vote === undefined) return html`<td class="num calm" data-vantage="${vantage}">${MARKS.calm}</td>`;
  const tone = VOTE_TONE[vote.vote];
  const latency = vote.latencyMs === null || vote.vote === 'down' ? '' : ` ${duration(vote.latencyMs)}`;
  return html`<td class="num" data-vantage="${vantage}" title="${vote.why}"><span class="${tone}"><span aria-hidden="true">${MARKS[tone]}</span> ${words.vote[vote.vote]}</span>${latency}</td>`;
}
