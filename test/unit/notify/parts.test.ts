import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../../worker/notify/backoff.ts';
import { cut, type Notice } from '../../../worker/notify/message.ts';
import { noticesOf, reminder, span, subjectOf } from '../../../worker/notify/notices.ts';
import { NEW_CHANNEL, settled } from '../../../worker/notify/progress.ts';
import { messageOf } from '../../../worker/notify/render.ts';
import type { TimelineEntry } from '../../../worker/protocol/status.ts';

const at = '2026-11-24T12:00:00.000Z';
const later = '2026-11-24T12:12:03.000Z';
const names = { server: { fra: 'Frankfurt', ash: 'Ashburn' }, site: { home: 'Home' } };
const context = { fleet: 'Net', link: null };
const down = { id: 'server/fra/down-1', server: 'fra', startedAt: at, endedAt: null, why: '2 of 3 say down' };
const trouble = { id: 'site/home/epoch-5', site: 'home', startedAt: at, endedAt: null, why: 'fra is down; ash takes over' };
const switched: TimelineEntry = {
  id: 'site/home/epoch-5',
  at,
  kind: 'switch',
  why: trouble.why,
  site: 'home',
  from: 'fra',
  to: 'ash',
  epoch: 5,
  blame: 'server-down',
  weights: { fra: 0, ash: 100 },
};

function tell(happened: Partial<Parameters<typeof noticesOf>[0]>): Notice[] {
  return noticesOf({ opened: [], closed: [], entries: [], ...happened }, names);
}

describe('what people are told', () => {
  test.each<[string, Partial<TimelineEntry>, string | null]>([
    ['a switch', {}, 'Home: traffic moves to Ashburn'],
    ['the first directive of all', { from: undefined }, null],
    ['a change of shares', { to: 'fra' }, 'Home: traffic is shared anew'],
    [
      'the first stage of a return',
      { kind: 'failback', blame: 'preempt', weights: { fra: 10, ash: 90 } },
      'Home: traffic begins to return',
    ],
    ['a stage between', { kind: 'failback', blame: 'stage', weights: { fra: 50, ash: 50 } }, null],
    [
      'the last stage',
      { kind: 'failback', blame: 'stage', to: 'fra', weights: { fra: 100, ash: 0 } },
      'Home: traffic is back on Frankfurt',
    ],
    ['a drill', { kind: 'drill' }, 'Home: drill'],
    ['a silent router', { kind: 'agent.offline' }, 'Home: the router is not heard'],
    ['a router that is back', { kind: 'agent.online' }, 'Home: the router is heard'],
    ['a hold', { kind: 'hold' }, null],
    ['a new configuration', { kind: 'config' }, null],
  ])('of %s', (_, more, title) => {
    expect(tell({ entries: [{ ...switched, ...more } as TimelineEntry] }).map((notice) => notice.title)).toEqual(
      title === null ? [] : [title],
    );
  });

  test('of incidents: that they begin, end, with what they took and why', () => {
    const health: TimelineEntry = { id: 'h', at: later, kind: 'health', why: '3 of 3 say up', server: 'fra', from: 'down', to: 'up' };
    expect(tell({ opened: [down, trouble] })).toMatchObject([
      { id: 'server/fra/down-1#opened', event: 'incident.opened', type: 'failure', title: 'Frankfurt is down', server: 'fra' },
      { id: 'site/home/epoch-5#opened', title: 'Incident at Home', site: 'home' },
    ]);
    const closed = tell({
      closed: [
        { ...down, endedAt: later },
        { ...trouble, endedAt: later },
      ],
      entries: [health],
    });
    expect(closed).toMatchObject([
      { id: 'server/fra/down-1#closed', event: 'incident.closed', title: 'Frankfurt is up again', why: 'after 12 min 3 s; 3 of 3 say up' },
      { title: 'Home: the incident is over', why: 'after 12 min 3 s; it was: fra is down; ash takes over' },
    ]);
    const maintained = tell({ closed: [{ ...down, endedAt: later }], entries: [{ ...health, to: 'maintenance' }] });
    expect(maintained[0]?.title).toBe('Frankfurt: the incident is over');
  });

  test('again, of what stays open', () => {
    expect(reminder(down, 2, Date.parse(at) + 4 * 3_600_000, names)).toMatchObject({
      id: 'server/fra/down-1#reminder-2',
      event: 'incident.opened',
      title: 'Still open after 4 h: Frankfurt is down',
    });
  });

  test.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [723_000, '12 min 3 s'],
    [14_400_000, '4 h'],
    [90_000_000, '1 d 1 h'],
    [86_460_000, '1 d'],
  ])('%d ms is %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  test('changes of one thing have one subject; a drill and a reminder have none', () => {
    const [opened, moved] = tell({ opened: [down], entries: [switched] });
    const [closed] = tell({ closed: [{ ...down, endedAt: later }] });
    if (opened === undefined || moved === undefined || closed === undefined) throw new Error('no notices');
    expect(subjectOf(opened)).toBe(subjectOf(closed));
    expect(subjectOf(opened)).not.toBe(subjectOf(moved));
    expect(subjectOf({ ...opened, id: `${opened.id}#reminder-0` })).toBeNull();
    expect(subjectOf({ ...moved, event: 'drill' })).toBeNull();
  });
});

describe('one message', () => {
  test('says a failure once, whatever it moves', () => {
    const office = { ...switched, id: 'site/office/epoch-2', site: 'office' };
    const notices = tell({ opened: [trouble, down], entries: [switched, office] });
    const message = messageOf('msg_1', notices, context);
    expect(message).toMatchObject({ event: 'incident.opened', type: 'failure', title: '[Net] Incident at Home (+3)' });
    expect(message.notices).toHaveLength(4);
    const server = messageOf('msg_2', tell({ opened: [down, trouble], entries: [switched, office] }), context);
    expect(server.title).toBe('[Net] Frankfurt is down (+2)');
    expect(server.text.split('\n')).toEqual([
      '2026-11-24 12:00:00 UTC Frankfurt is down: 2 of 3 say down',
      '2026-11-24 12:00:00 UTC Home: traffic moves to Ashburn',
      '2026-11-24 12:00:00 UTC office: traffic moves to Ashburn',
    ]);
  });

  test('is about the end of what ended in it', () => {
    const notices = [...tell({ opened: [down] }), ...tell({ closed: [{ ...down, endedAt: later }] })];
    expect(messageOf('m', notices, context)).toMatchObject({ event: 'incident.closed', type: 'success' });
    expect(messageOf('m', [...notices, ...tell({ opened: [trouble] })], context).event).toBe('incident.opened');
  });

  test('is bounded', () => {
    const entries = Array.from({ length: 49 }, (_, n) => ({ ...switched, id: `e${n}`, why: 'x'.repeat(1000) }));
    const { text, title } = messageOf('m', tell({ entries }), context);
    expect(text.split('\n')).toHaveLength(21);
    expect(text).toMatch(/… and 29 more$/);
    expect(text.length).toBeLessThan(21 * 520);
    expect(title).toMatch(/\(\+48\)$/);
  });

  test('of nothing is a mistake', () => {
    expect(() => messageOf('m', [], context)).toThrow('needs a notice');
  });

  test('is never cut in the middle of a character', () => {
    expect(cut('ab😀cd', 4)).toBe('ab…');
    expect(cut('abcd', 4)).toBe('abcd');
  });
});

describe('an attempt', () => {
  const state = { ...NEW_CHANNEL, cursor: 3, sealed: { id: 'm', upTo: 7, done: 0 }, attempts: 2, dropped: 1 };
  const now = 1_000_000;

  test('that is taken moves on and mends', () => {
    expect(settled({ ...state, broken: true }, { kind: 'sent', status: 200 }, 7, now, 0)).toEqual({
      cursor: 7,
      sealed: null,
      attempts: 0,
      retryAtMs: null,
      problem: null,
      broken: false,
      deliveredAtMs: now,
    });
  });

  test('that is refused moves on too, and the channel is broken', () => {
    const next = settled(state, { kind: 'refused', reason: 'HTTP 401', status: 401 }, 7, now, 0);
    expect(next).toMatchObject({ cursor: 7, sealed: null, broken: true, dropped: 2, problem: { atMs: now, text: 'HTTP 401' } });
  });

  test('that fails is made again, later and later, with jitter, not before Retry-After, and not for ever', () => {
    expect(settled(state, { kind: 'later', reason: 'x' }, 7, now, 1)).toEqual({
      problem: { atMs: now, text: 'x' },
      attempts: 3,
      retryAtMs: now + 20_000,
    });
    expect(settled(state, { kind: 'later', reason: 'x', retryAfterMs: 90_000 }, 7, now, 1)).toMatchObject({ retryAtMs: now + 90_000 });
    expect(settled({ ...state, attempts: 59 }, { kind: 'later', reason: 'x' }, 7, now, 1)).toMatchObject({
      cursor: 7,
      sealed: null,
      dropped: 2,
    });
    expect([1, 2, 3, 10, 60].map((n) => backoffMs(n, undefined, 1))).toEqual([5000, 10_000, 20_000, 1_800_000, 1_800_000]);
    expect(backoffMs(1, undefined, 0)).toBe(2500);
  });

  test('that is blocked waits, and counts for nothing', () => {
    expect(settled(state, { kind: 'blocked', problem: 'no secret' }, 7, now, 1)).toEqual({ problem: { atMs: now, text: 'no secret' } });
  });
});
