import { html } from 'hono/html';
import { type SiteStatus, type Status, serverName } from './view.ts';
import { xmlText } from './xml.ts';

/** What a badge says: shields.io's endpoint schema has the same members. */
export interface Badge {
  label: string;
  message: string;
  color: 'brightgreen' | 'red' | 'orange' | 'lightgrey';
}

export const BADGE_KINDS = ['server', 'site'] as const;
export type BadgeKind = (typeof BADGE_KINDS)[number];

const HEX: Readonly<Record<Badge['color'], string>> = { brightgreen: '#2f7d32', red: '#c62828', orange: '#a65300', lightgrey: '#5f6a73' };
const HEALTH_COLOUR = { up: 'brightgreen', down: 'red', unknown: 'lightgrey', maintenance: 'orange' } as const;

/** The badge of a server (its health) or of a site (who carries its traffic); null: there is none of that id. */
export function badgeOf(status: Status, kind: BadgeKind, id: string): Badge | null {
  const server = status.servers.find((one) => one.id === id);
  if (kind === 'server')
    return server === undefined ? null : { label: server.name, message: server.health, color: HEALTH_COLOUR[server.health] };
  const site = status.sites.find((one) => one.id === id);
  return site === undefined ? null : siteBadge(site, status);
}

function siteBadge(site: SiteStatus, status: Status): Badge {
  const { name: label, active } = site;
  if (active === null) return { label, message: 'not decided', color: 'lightgrey' };
  if (!site.agent.online) return { label, message: 'offline', color: site.agent.since === null ? 'lightgrey' : 'red' };
  const isMoved = site.blame !== 'none' || site.pin !== null;
  return { label, message: `via ${serverName(status, active)}`, color: isMoved ? 'orange' : 'brightgreen' };
}

/** shields.io's endpoint schema (https://shields.io/badges/endpoint-badge). */
export function badgeJson({ label, message, color }: Badge): Record<string, unknown> {
  return { schemaVersion: 1, label, message, color, isError: color === 'red', cacheSeconds: 300 };
}

/** The badge as a picture. Its text is told to screen readers too. */
export async function badgeSvg(badge: Badge): Promise<string> {
  const [label, message, fill] = [xmlText(badge.label), xmlText(badge.message), HEX[badge.color]];
  const [left, right] = [widthOf(label), widthOf(message)];
  const [total, text] = [left + right, `${label}: ${message}`];
  const words = (x: number, width: number, what: string) =>
    html`<text x="${x + width / 2}" y="14" textLength="${width - 12}" lengthAdjust="spacingAndGlyphs">${what}</text>`;
  const svg =
    await html`<svg xmlns="http://www.w3.org/2000/svg" width="${total}" height="20" role="img" aria-label="${text}"><title>${text}</title>
<clipPath id="r"><rect width="${total}" height="20" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#3d444b"/><rect x="${left}" width="${right}" height="20" fill="${fill}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">${words(0, left, label)}${words(left, right, message)}</g></svg>
`;
  return svg.toString();
}

/** Pixels that a text takes at 11 px, with its margins: about 7 a letter, 12 one of the wide scripts. */
function widthOf(text: string): number {
  const width = [...text].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 12 : /[ilj.:,'|! ]/.test(letter) ? 4 : 7), 0);
  return width + 12;
}
