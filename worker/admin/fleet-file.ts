import { html } from 'hono/html';
import type { FleetVersion, PutFleetResult } from '../objects/contract.ts';
import { type Markup, section, timeOf } from '../status/parts.ts';
import { confirmed, type Frame, notice, postForm } from './shell.ts';

/** What a check of the text came to. */
export type Checked = { ok: true; result: PutFleetResult } | { ok: false; reason: string; errors: { path: string; message: string }[] };

export interface FleetEdit {
  text: string;
  /** Of the version that the text was made from; '': there was none. */
  etag: string;
  checked: Checked | null;
}

/** The fleet file to edit, what a check of it came to, and the versions before. */
export function fleetMain({ text, etag, checked }: FleetEdit, versions: readonly FleetVersion[], frame: Frame): Markup {
  const { admin, session } = frame;
  const apply = checked?.ok ? html` <button class="main" name="action" value="apply">${admin.putInForce}</button>` : '';
  const form = postForm(
    '/admin/fleet',
    session,
    html`<input type="hidden" name="etag" value="${etag}"><label>${admin.fleetHint}<textarea name="text" spellcheck="false" autocomplete="off" rows="24">
${text}</textarea></label><div class="row"><button class="${checked?.ok ? '' : 'main'}" name="action" value="check">${admin.check}</button>${apply}</div>`,
    'stack',
  );
  return html`<div class="stack">${checked === null ? '' : verdict(checked, frame)}<div class="card pad">${form}</div></div>${versionTable(versions, frame)}`;
}

function verdict(checked: Checked, { admin }: Frame): Markup {
  if (!checked.ok) {
    const list = checked.errors.map(({ path, message }) => html`<li><code>${path}</code> <span lang="en">${message}</span></li>`);
    return notice('down', html`<b>${admin.errors}</b><p class="small" lang="en">${checked.reason}</p><ul class="plain">${list}</ul>`);
  }
  const { diff, warnings } = checked.result;
  const rows = diff.map(
    ({
      path,
      from,
      to,
    }) => html`<tr><th scope="row"><code>${path}</code></th><td>${from === undefined ? '' : html`<del><code>${said(from)}</code></del>`}</td>
<td>${to === undefined ? '' : html`<ins><code>${said(to)}</code></ins>`}</td></tr>`,
  );
  const table = html`<div class="card scroll" role="region" tabindex="0" aria-label="${admin.changes}"><table><caption class="pad">${admin.changes}</caption><tbody>${rows}</tbody></table></div>`;
  const warned =
    warnings.length === 0
      ? ''
      : notice('warn', html`<b>${admin.warnings}</b><ul class="plain" lang="en">${warnings.map((text) => html`<li>${text}</li>`)}</ul>`);
  return html`${diff.length === 0 ? notice('up', admin.noChanges) : table}${warned}`;
}

function said(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function versionTable(versions: readonly FleetVersion[], { admin, words, session }: Frame): Markup | '' {
  if (versions.length === 0) return '';
  const rows = versions.map(({ version, at, note }, index) => {
    const hidden = html`<input type="hidden" name="version" value="${version}">`;
    const back = confirmed(admin.rollBack, admin.rollBackHint, '/admin/fleet/rollback', session, admin.rollBack.replace('…', ''), hidden);
    return html`<tr><th scope="row">${version}</th><td>${timeOf(at, words)}</td><td>${note}</td><td>${index === 0 ? admin.inForce : back}</td></tr>`;
  });
  return section(
    'versions',
    admin.versions,
    html`<div class="card scroll" role="region" tabindex="0" aria-labelledby="versions"><table><thead><tr><th scope="col">${admin.version}</th><th scope="col">${words.since}</th><th scope="col">${admin.note}</th><td></td></tr></thead><tbody>${rows}</tbody></table></div>`,
  );
}
