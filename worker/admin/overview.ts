import { html } from 'hono/html';
import type { ChannelReport } from '../objects/contract.ts';
import { agentPill, HEALTH_TONE, type Markup, pill, reason, section, timeOf } from '../status/parts.ts';
import { type ServerStatus, type SiteStatus, type Status, serverName } from '../status/view.ts';
import { confirmed, type Frame, postForm } from './shell.ts';
import type { AdminWords } from './words.ts';

const HOUR_S = 3600;

/** Sites, servers and notifications, each with what can be done about it. */
export function overview(status: Status, channels: readonly ChannelReport[], frame: Frame): Markup {
  const { words, admin } = frame;
  return html`${section('sites', words.sites, html`<div class="sites">${status.sites.map((site) => siteCard(site, status, frame))}</div>`)}
${section('servers', words.servers, html`<div class="sites">${status.servers.map((server) => serverCard(server, status, frame))}</div>`)}
${section('notifications', admin.notifications, channelTable(channels, frame))}`;
}

function siteCard(site: SiteStatus, status: Status, frame: Frame): Markup {
  const { words, admin, session } = frame;
  const base = `/admin/sites/${site.id}`;
  const servers = Object.keys(site.weights).map(
    (id) => html`<option value="${id}">${serverName(status, id)} (${site.weights[id] ?? 0} %)</option>`,
  );
  const pinForm = postForm(
    `${base}/pin`,
    session,
    html`<label>${admin.pinTo}<select name="server">${servers}</select></label>
<label>${admin.forHow}<select name="for"><option value="0">${admin.untilUnpinned}</option>${durations(admin)}</select></label><button class="main">${admin.pin}</button>`,
    'row',
  );
  return html`<article class="card site" data-site="${site.id}"><div class="head"><h3>${site.name}</h3>${agentPill(site, words)}</div>
<div><p class="carries">${site.active === null ? words.carriesNone : words.carries(serverName(status, site.active))}</p>${reason(site.why)}</div>
${site.pin === null ? '' : pinned(site.pin, status, frame, base)}${servers.length === 0 ? '' : pinForm}
<div class="split">${confirmed(admin.drill, admin.drillHint, `${base}/drill`, session, admin.drillNow)}<a href="${base}">${admin.tokens}</a></div></article>`;
}

function pinned(pin: NonNullable<SiteStatus['pin']>, status: Status, { words, admin, session }: Frame, base: string): Markup {
  const until = pin.until === null ? '' : html` ${words.until} ${timeOf(pin.until, words)}`;
  return html`<div class="notice warn split"><span><b>${words.pinned(serverName(status, pin.server))}</b>${until}</span>${postForm(
    `${base}/unpin`,
    session,
    html`<button>${admin.unpin}</button>`,
  )}</div>`;
}

function serverCard(server: ServerStatus, status: Status, frame: Frame): Markup {
  const { words, admin, session } = frame;
  const base = `/admin/servers/${server.id}`;
  const windows = status.maintenance.filter((window) => window.server === server.id);
  const set = postForm(
    `${base}/maintenance`,
    session,
    html`<label>${admin.maintenance}<select name="for">${durations(admin, HOUR_S)}</select></label>
<label>${admin.fromUtc}<input type="datetime-local" name="from"></label><button>${admin.start}</button>`,
    'row',
  );
  return html`<article class="card site" data-server="${server.id}"><div class="head"><h3>${server.name}</h3>${pill(HEALTH_TONE[server.health], words.health[server.health])}</div>
${reason(server.why)}${windows.map((window) => windowOf(window, frame, base))}<div class="split">${set}<a href="${base}">${admin.tokens}</a></div></article>`;
}

function windowOf({ from, until }: Status['maintenance'][number], { words, admin, session }: Frame, base: string): Markup {
  return html`<div class="notice warn split"><span><b>${admin.maintenance}</b> ${timeOf(from, words)}${until === null ? '' : html` – ${timeOf(until, words)}`}</span>${postForm(
    `${base}/maintenance/end`,
    session,
    html`<button>${admin.callOff}</button>`,
  )}</div>`;
}

function durations({ durations: all }: AdminWords, chosen?: number): Markup[] {
  return Object.entries(all).map(
    ([seconds, text]) => html`<option value="${seconds}"${Number(seconds) === chosen ? html` selected` : ''}>${text}</option>`,
  );
}

function channelTable(channels: readonly ChannelReport[], { admin, words, session }: Frame): Markup {
  if (channels.length === 0) return html`<div class="card"><p class="none">${admin.noChannels}</p></div>`;
  const rows = channels.map(
    ({ channel, scheme, state, problem, deliveredAt }) => html`<tr><th scope="row">${channel} <span class="soft">${scheme}</span></th>
<td>${pill(state === 'ok' ? 'up' : 'down', admin.channelState[state])}${reason(problem ?? '')}</td><td>${deliveredAt === null ? admin.never : timeOf(deliveredAt, words)}</td>
<td>${postForm('/admin/notify/test', session, html`<input type="hidden" name="channel" value="${channel}"><button>${admin.test}</button>`)}</td></tr>`,
  );
  return html`<div class="card scroll" role="region" tabindex="0" aria-labelledby="notifications"><table><thead><tr><th scope="col">${admin.channel}</th><th scope="col">${words.healthHead}</th>
<th scope="col">${admin.lastUsed}</th><td></td></tr></thead><tbody>${rows}</tbody></table></div>`;
}
