import { html } from 'hono/html';
import { agentPill, MARKS, type Markup, reason, section, timeOf } from './parts.ts';
import { duration, type MptcpWan, type PathCell, pathMatrix, type SiteStatus, type Status, serverName, weightRows } from './view.ts';
import type { Words } from './words.ts';

/** Each site with where its traffic goes, why, and how its router sees it. */
export function sitesSection(status: Status, words: Words): Markup | '' {
  if (status.sites.length === 0) return '';
  return section('sites', words.sites, html`<div class="sites">${status.sites.map((site) => siteCard(site, status, words))}</div>`);
}

function siteCard(site: SiteStatus, status: Status, words: Words): Markup {
  const name = (id: string) => serverName(status, id);
  const carries = site.active === null ? words.carriesNone : words.carries(name(site.active));
  return html`<article class="card site" data-site="${site.id}" data-active="${site.active ?? ''}" aria-labelledby="site-${site.id}">
<div class="head"><h3 id="site-${site.id}">${site.name}</h3>${agentPill(site, words)}</div>
<div><p class="carries">${carries}</p>${reason(site.why)}</div>
${weightBars(site, name, words)}${pathTable(site, name, words)}${problems(site, words)}${facts(site, name, words)}
</article>`;
}

function weightBars(site: SiteStatus, name: (id: string) => string, words: Words): Markup | '' {
  const rows = weightRows(site);
  if (rows.length === 0) return '';
  const bar = (percent: number) => html`<svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
<rect class="track" width="100" height="6"/><rect class="part" width="${percent}" height="6"/></svg>`;
  const items = rows.map(({ server, percent }) => html`<li><span>${name(server)}</span>${bar(percent)}<b>${percent} %</b></li>`);
  return html`<ul class="bars" aria-label="${words.share}">${items}</ul>`;
}

function pathTable(site: SiteStatus, name: (id: string) => string, words: Words): Markup | '' {
  const { servers, rows } = pathMatrix(site);
  if (servers.length === 0) return '';
  const body = rows.map(
    ({ wan, cells, mptcp }) =>
      html`<tr><th scope="row">${wan ?? words.anyWan}${mptcpNote(mptcp, words)}</th>${cells.map((cell) => pathCell(cell, words))}</tr>`,
  );
  return html`<div class="scroll" role="region" aria-label="${words.paths}" tabindex="0" id="paths-${site.id}"><table><caption>${words.paths}</caption>
<thead><tr><th scope="col">WAN</th>${servers.map((id) => html`<th scope="col">${name(id)}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Under the WAN's name: its MPTCP state, the subflows that are established on it, and what those have sent again. */
function mptcpNote(mptcp: MptcpWan | undefined, words: Words): Markup | '' {
  if (mptcp === undefined) return '';
  const { backup, subflows, retransmissions } = mptcp;
  const said = [`MPTCP ${backup ? words.mptcpBackup : words.mptcpUsed}`, words.subflows(subflows)];
  if (retransmissions > 0) said.push(words.retransmitted(retransmissions));
  return html`<p class="mptcp">${said.join(' · ')}</p>`;
}

function pathCell(cell: PathCell, words: Words): Markup {
  if (cell === undefined) return html`<td class="calm">${MARKS.calm}</td>`;
  const tone = cell.alive ? 'up' : 'down';
  const rtt = cell.alive && cell.rttMs !== null ? ` ${duration(cell.rttMs)}` : '';
  const loss = cell.loss !== null && cell.loss >= 0.005 ? ` · ${words.loss} ${Math.round(cell.loss * 100)} %` : '';
  return html`<td class="num"><span class="${tone}"><span aria-hidden="true">${MARKS[tone]}</span> ${cell.alive ? words.alive : words.dead}</span>${rtt}${loss}</td>`;
}

function problems(site: SiteStatus, words: Words): Markup | '' {
  if (site.agent.problems.length === 0) return '';
  return html`<div class="notice warn"><p><b>${words.problems}</b></p>${site.agent.problems.map((text) => html`<p class="small" lang="en">${text}</p>`)}</div>`;
}

function facts(site: SiteStatus, name: (id: string) => string, words: Words): Markup {
  const until = site.pin?.until ? html` ${words.until} ${timeOf(site.pin.until, words)}` : '';
  return html`<ul class="facts">${site.pin === null ? '' : html`<li class="warn"><b>${words.pinned(name(site.pin.server))}</b>${until}</li>`}
<li>${words.epoch} ${site.epoch}, ${site.applied === null ? words.appliedNone : `${words.applied} ${site.applied}`}</li>
<li>${words.blame[site.blame]}</li>${site.since === null ? '' : html`<li>${words.since} ${timeOf(site.since, words)}</li>`}
${site.agent.version === null ? '' : html`<li>agent ${site.agent.version}</li>`}</ul>`;
}
