import { describe, expect, it } from 'vitest';
import type { Status } from '../../../worker/protocol/status.ts';
import { badgeJson, badgeOf, badgeSvg } from '../../../worker/status/badge.ts';
import { feed } from '../../../worker/status/feed.ts';
import { entries, sampleStatus } from './sample.ts';

const URL = 'https://status.example/';

function eventful(change: (status: Status) => void = () => undefined): Status {
  return sampleStatus((status) => {
    status.timeline = entries(2);
    status.incidents = [
      { id: 'server/frankfurt/down-1', server: 'frankfurt', startedAt: '2026-11-23T21:00:00.000Z', endedAt: null, why: 'a <b> & c\u0007' },
    ];
    change(status);
  });
}

const idsOf = (xml: string) => [...xml.matchAll(/<id>([^<]+)<\/id>/g)].map(([, id]) => id);

describe('the feed', () => {
  it('is Atom with all that RFC 4287 asks for, escaped', async () => {
    const xml = await feed(eventful(), URL);
    expect(xml).toMatch(/^<\?xml version="1\.0" encoding="utf-8"\?>\n<feed xmlns="http:\/\/www\.w3\.org\/2005\/Atom"/);
    expect(xml).toContain('<link rel="self" type="application/atom+xml" href="https://status.example/feed.atom"/>');
    expect(xml).toContain('<content type="text">a &lt;b&gt; &amp; c</content>');
    expect(xml).toContain('<title>Home: Switch Frankfurt → Ashburn</title>');
    const count = (what: RegExp) => [...xml.matchAll(what)].length;
    expect([count(/<entry>/g), count(/<\/entry>/g), count(/<updated>/g), count(/<title>/g), count(/<id>/g)]).toEqual([3, 3, 4, 4, 4]);
    expect(new Set(idsOf(xml)).size).toBe(4);
  });

  it('keeps the id of an incident that ends, and tells that it has changed', async () => {
    const endedAt = '2026-11-24T01:00:00.000Z';
    const [open, ended] = [
      await feed(eventful(), URL),
      await feed(
        eventful((status) => Object.assign(status.incidents[0] ?? {}, { endedAt })),
        URL,
      ),
    ];
    expect(idsOf(ended).sort()).toEqual(idsOf(open).sort());
    expect(ended).toContain(`<updated>${endedAt}</updated>`);
    expect(
      await feed(
        eventful((status) => Object.assign(status, { at: endedAt })),
        URL,
      ),
    ).toBe(open);
  });
});

describe('a badge', () => {
  const health = (word: 'down' | 'maintenance') => sampleStatus((status) => Object.assign(status.servers[0] ?? {}, { health: word }));

  it("says a server's health, and who carries a site", () => {
    expect(badgeJson(badgeOf(sampleStatus(), 'server', 'frankfurt') ?? fail())).toEqual({
      ...{ schemaVersion: 1, label: 'Frankfurt', message: 'up', color: 'brightgreen', isError: false, cacheSeconds: 300 },
    });
    expect(badgeOf(health('down'), 'server', 'frankfurt')).toMatchObject({ message: 'down', color: 'red' });
    expect(badgeOf(health('maintenance'), 'server', 'frankfurt')).toMatchObject({ message: 'maintenance', color: 'orange' });
    expect(badgeOf(sampleStatus(), 'site', 'home')).toMatchObject({ label: 'Home', message: 'via Frankfurt', color: 'brightgreen' });
    expect(badgeOf(sampleStatus(), 'site', 'frankfurt')).toBeNull();
  });

  it('is a picture that escapes what it is called', async () => {
    const svg = await badgeSvg({ label: '<script>"\u0001', message: '上海', color: 'red' });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('&lt;script&gt;&quot;');
    for (const raw of ['<script', '\u0001']) expect(svg).not.toContain(raw);
  });
});

function fail(): never {
  throw new Error('there is no badge');
}
