import { cut, type Message, type Notice } from './message.ts';

/** A message names so many things, and counts the rest. */
const MAX_LINES = 20;
const MAX_WHY = 400;

/** What matters most in a message, first to last. */
const WEIGHT: readonly Notice['event'][] = [
  'incident.opened',
  'incident.closed',
  'budget',
  'switch',
  'agent.offline',
  'failback',
  'drill',
  'agent.online',
  'test',
];

/**
 * Everything of one window as one message. A switch that an incident in it caused joins the incident: it is a line without its own why. Throws for no
 * notices at all: nobody is told of nothing.
 */
export function messageOf(id: string, notices: readonly Notice[], context: { fleet: string; link: string | null }): Message {
  const lead = leadOf(notices);
  const lines = linesOf(lead, notices);
  const shown = lines.slice(0, MAX_LINES);
  if (lines.length > MAX_LINES) shown.push(`… and ${lines.length - MAX_LINES} more`);
  const more = lines.length > 1 ? ` (+${lines.length - 1})` : '';
  const { event, type, at } = lead;
  const title = `[${context.fleet}] ${lead.title}${more}`;
  return { id, event, type, at, title, text: shown.join('\n'), ...context, notices: [...notices] };
}

/** Of what is over already in the same message, that it is over matters more than that it began. */
function leadOf(notices: readonly Notice[]): Notice {
  const over = new Set(notices.filter(({ event }) => event === 'incident.closed').map(({ incident }) => incident));
  const standing = notices.filter(({ event, incident }) => event !== 'incident.opened' || !over.has(incident));
  const [lead] = standing.toSorted((a, b) => WEIGHT.indexOf(a.event) - WEIGHT.indexOf(b.event));
  if (lead === undefined) throw new Error('a message needs a notice');
  return lead;
}

function linesOf(lead: Notice, notices: readonly Notice[]): string[] {
  const moves = new Set(notices.filter(({ event }) => event === 'switch').map(({ id }) => id));
  const down = new Set(notices.flatMap(({ event, server }) => (event === 'incident.opened' && server !== undefined ? [server] : [])));
  // A site's incident that its switch opened carries the switch's id and its why: the switch says it all.
  const told = notices.filter((notice) => notice === lead || notice.event !== 'incident.opened' || !moves.has(notice.incident ?? ''));
  const ordered = [lead, ...told.filter((notice) => notice !== lead)];
  return ordered.map((notice) => {
    const isCaused = notice.event === 'switch' && down.has(notice.from ?? '') && notice !== lead;
    return `${utc(notice.at)} ${notice.title}${isCaused ? '' : `: ${cut(notice.why, MAX_WHY)}`}`;
  });
}

function utc(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}
