import { html } from 'hono/html';
import type { TokenRow } from '../objects/contract.ts';
import { type Markup, timeOf } from '../status/parts.ts';
import { confirmed, type Frame, notice, postForm } from './shell.ts';

/** The tokens of one site or server, at `base`. `secret`: one that was just made, shown this once. */
export function tokensMain(tokens: readonly TokenRow[], base: string, secret: string | null, { admin, words, session }: Frame): Markup {
  const rows = tokens.map(
    ({ id, createdAt, lastUsedAt }) => html`<tr><th scope="row"><code>${id}</code></th><td>${timeOf(createdAt, words)}</td>
<td>${lastUsedAt === null ? admin.never : timeOf(lastUsedAt, words)}</td>
<td>${confirmed(admin.revoke, admin.revokeHint, `${base}/tokens/${id}/revoke`, session, admin.revoke.replace('…', ''))}</td></tr>`,
  );
  const table = html`<div class="card scroll" role="region" tabindex="0" aria-label="${admin.tokens}"><table><thead><tr><th scope="col">${admin.tokens}</th><th scope="col">${admin.created}</th><th scope="col">${admin.lastUsed}</th><td></td></tr></thead><tbody>${rows}</tbody></table></div>`;
  return html`<div class="stack">${secret === null ? '' : notice('up', html`${admin.secretOnce}<output class="secret">${secret}</output>`)}
${tokens.length === 0 ? html`<div class="card"><p class="none">${admin.noTokens}</p></div>` : table}
${postForm(`${base}/tokens`, session, html`<button class="main">${admin.newToken}</button> <span class="small soft">${admin.newTokenHint}</span>`)}</div>`;
}
