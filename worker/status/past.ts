import { html } from 'hono/html';
import { type DayBar, type DayBars, shareUp } from '../protocol/history.ts';
import { type Markup, section } from './parts.ts';
import { duration, type Status } from './view.ts';
import type { Words } from './words.ts';

/** Below this much downtime a day is amber and not red. */
const SHORT_MS = 600_000;
/** Of the days that were not well, so many of the latest are told one by one. */
const MAX_TOLD = 12;
/** The bars of so many servers; the others' are in the JSON. */
const MAX_SERVERS = 64;
/** A bar and the space beside it, in the units of the picture. */
const STEP = 4;
const HEIGHT = 30;

const LOOKS = ['up', 'warn', 'down', 'kept', 'none'] as const;
type Look = (typeof LOOKS)[number];

/** The last 90 days of each server: a picture, its numbers, and the same in words for who cannot see it. */
export function pastSection(status: Status, bars: DayBars, words: Words): Markup | '' {
  const shown = status.servers.filter(({ id }) => Object.hasOwn(bars, id)).slice(0, MAX_SERVERS);
  if (shown.length === 0) return '';
  const rows = shown.map(({ id, name }) => pastRow(id, name, bars[id] ?? [], words));
  const legend = LOOKS.map((look) => html`<li><i class="${look}"></i>${words.day[look]}</li>`);
  const content = html`<div class="card"><ul class="past">${rows}</ul><ul class="legend" aria-hidden="true">${legend}</ul></div>`;
  return section('past', words.past, content);
}

function pastRow(id: string, name: string, days: readonly DayBar[], words: Words): Markup {
  const text = `${name}: ${spoken(days, words)}`;
  return html`<li data-past="${id}"><div class="head"><b>${name}</b><span class="num">${percent(totalOf(days), words)}</span></div>
<svg viewBox="0 0 ${days.length * STEP} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${text}">${strokes(days)}${told(days, words)}</svg>
<p class="ends" aria-hidden="true"><span>${words.daysAgo(days.length)}</span><span>${words.today}</span></p></li>`;
}

/** All bars of one look are one stroke: the page of a large fleet stays small. */
function strokes(days: readonly DayBar[]): Markup[] {
  const looks = new Map<Look, string>();
  for (const [index, day] of days.entries()) {
    const look = lookOf(day);
    looks.set(look, `${looks.get(look) ?? ''}M${index * STEP + STEP / 2} 0v${HEIGHT}`);
  }
  return [...looks].map(([look, path]) => html`<path class="${look}" d="${path}"/>`);
}

/** What a pointer that rests on one of them reads. */
function told(days: readonly DayBar[], words: Words): Markup[] {
  return notWell(days).map(
    (day) => html`<rect x="${days.indexOf(day) * STEP}" width="${STEP}" height="${HEIGHT}"><title>${sentence(day, words)}</title></rect>`,
  );
}

function lookOf({ upMs, downMs, maintenanceMs }: DayBar): Look {
  if (downMs > 0) return downMs < SHORT_MS ? 'warn' : 'down';
  if (maintenanceMs > 0) return 'kept';
  return upMs > 0 ? 'up' : 'none';
}

function notWell(days: readonly DayBar[]): DayBar[] {
  return days.filter(({ downMs, maintenanceMs }) => downMs + maintenanceMs > 0).slice(-MAX_TOLD);
}

function spoken(days: readonly DayBar[], words: Words): string {
  return [`${words.past}, ${percent(totalOf(days), words)}`, ...notWell(days).map((day) => sentence(day, words))].join('; ');
}

function sentence({ day, downMs, maintenanceMs }: DayBar, words: Words): string {
  const spans = [
    [words.health.down, downMs],
    [words.health.maintenance, maintenanceMs],
  ] as const;
  const parts = spans.filter(([, ms]) => ms > 0).map(([what, ms]) => `${what} ${duration(ms)}`);
  return `${day}: ${parts.join(', ')}`;
}

function totalOf(days: readonly DayBar[]): { upMs: number; downMs: number } {
  const sum = (key: 'upMs' | 'downMs') => days.reduce((total, day) => total + day[key], 0);
  return { upMs: sum('upMs'), downMs: sum('downMs') };
}

/** Cut, not rounded: what was down for a second is not 100 %. */
function percent(total: { upMs: number; downMs: number }, words: Words): string {
  const share = shareUp(total);
  return share === null ? words.noPast : words.uptime(share === 1 ? '100' : (Math.floor(share * 1e5) / 1e3).toFixed(3));
}
