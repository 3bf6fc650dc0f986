import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../../worker/protocol/status.ts';
import { PAGE_CSS } from '../../../worker/status/css.ts';
import { messagePage, statusPage } from '../../../worker/status/page.ts';
import { PAGE_JS } from '../../../worker/status/script.ts';
import { WORDS } from '../../../worker/status/words.ts';
import { entries, sampleStatus } from './sample.ts';

const page = (change?: (status: Status) => void) => statusPage(sampleStatus(change), WORDS.en);

/** What a reader sees: the text without markup, spaces as one. */
function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

describe('the page', () => {
  it('says how all is, first', async () => {
    const html = await page();
    expect(html).toMatch(/^<!doctype html>\s*<html lang="en">/);
    expect(html).toContain('<title>✓ Home and office status</title>');
    expect(textOf(html)).toMatch(/Home and office .*All servers are up/);
  });

  it('says that probing is slowed, and why, and nothing when it is not', async () => {
    const why = 'servers are probed every 20 s instead of 10 s';
    const slowed = await page((status) => {
      status.budget = { used: { doRequests: 0.8 }, slowdown: 2, why };
    });
    expect(textOf(slowed)).toContain(why);
    const calm = await page((status) => {
      status.budget = { used: { doRequests: 0.8 }, slowdown: 1, why: null };
    });
    expect(calm).not.toContain('data-notice="budget"');
  });

  it('shows servers with what each vantage says and measures', async () => {
    const text = textOf(await page());
    expect(text).toContain('europe FRA america enam');
    expect(text).toContain('Frankfurt eu ✓ Up Since 23 Nov 20:00:00 UTC 2 of 2 vantages say up ✓ up 12 ms ✓ up 12 ms');
  });

  it('shows where traffic goes and why, weights, epoch, agent and paths', async () => {
    const html = await page();
    const text = textOf(html);
    expect(text).toContain('Home ✓ Agent online');
    expect(text).toContain('Traffic goes through Frankfurt frankfurt is healthy and has the highest priority (200)');
    expect(text).toContain('Frankfurt 100 % Ashburn 0 %');
    expect(text).toContain('Epoch 4, applied 4');
    expect(text).toContain('wan1 ✓ alive 11 ms ✓ alive 92 ms · loss 3 %');
    expect(text).toContain('wan2 ✕ dead · loss 100 % –');
    expect(html).toContain('<rect class="part" width="100" height="6"');
  });

  it('shows a server that is down with a mark and a word, not by colour alone', async () => {
    const html = await page((status) => {
      const [server] = status.servers;
      if (server === undefined) throw new Error('no server');
      server.health = 'down';
      server.why = '2 of 2 vantages say down';
      for (const vote of server.votes) Object.assign(vote, { vote: 'down', latencyMs: 2000 });
      Object.assign(status.sites[0] ?? {}, { active: 'ashburn', weights: { frankfurt: 0, ashburn: 100 } });
    });
    expect(html).toContain('data-health="down"');
    expect(html).toContain('data-active="ashburn"');
    expect(textOf(html)).toContain('✕ Down Since 23 Nov 20:00:00 UTC 2 of 2 vantages say down ✕ down ✕ down');
    expect(textOf(html)).toContain('One server is down, traffic goes on');
  });

  it('shows pin, problems, a blind vantage, an absent agent', async () => {
    const html = await page((status) => {
      Object.assign(status.sites[0] ?? {}, {
        pin: { server: 'ashburn', until: '2026-11-23T22:00:00Z' },
        agent: { online: false, since: '2026-11-23T21:40:00Z', version: '0.1.0', problems: ['no tunnel for tokyo'] },
        applied: null,
      });
      Object.assign(status.vantages[0] ?? {}, { sighted: false });
    });
    const text = textOf(html);
    expect(text).toContain('Pinned to Ashburn until 23 Nov 22:00:00 UTC');
    expect(text).toContain('! Agent offline 23 Nov 21:40:00 UTC');
    expect(text).toContain('Problems that the agent reports no tunnel for tokyo');
    expect(text).toContain('europe FRA ! blind');
    expect(text).toContain('Epoch 4, none applied yet');
  });

  it('shows what MPTCP makes of each WAN: in use or backup, its subflows, what they sent again', async () => {
    const text = textOf(
      await page((status) => {
        Object.assign(status.sites[0] ?? {}, {
          mptcp: [
            { wan: 'wan1', backup: false, subflows: 1, retransmissions: 0 },
            { wan: 'wan2', backup: true, subflows: 2, retransmissions: 31 },
          ],
        });
      }),
    );
    expect(text).toContain('wan1 MPTCP in use · 1 subflow ✓ alive 11 ms');
    expect(text).toContain('wan2 MPTCP backup · 2 subflows · 31 retransmitted ✕ dead');
    expect(textOf(await page())).not.toContain('MPTCP');
  });

  it('shows incidents, open ones first, and the timeline with times that machines can read', async () => {
    const html = await page((status) => {
      status.incidents = [
        { id: '1', server: 'frankfurt', startedAt: '2026-11-23T21:00:00Z', endedAt: '2026-11-23T21:02:05Z', why: 'over' },
        { id: '2', site: 'home', startedAt: '2026-11-23T21:30:00Z', endedAt: null, why: 'still going on' },
      ];
      status.timeline = [
        {
          id: 'a',
          at: '2026-11-23T21:31:00Z',
          kind: 'measured',
          site: 'home',
          from: 'frankfurt',
          to: 'ashburn',
          outageMs: 248,
          why: 'as the agent saw it',
        },
        { id: 'b', at: '2026-11-23T21:30:00Z', kind: 'health', server: 'frankfurt', from: 'up', to: 'down', why: 'timeouts' },
      ];
    });
    const text = textOf(html);
    expect(text).toMatch(/✕ Open Home still going on .* – Ended Frankfurt 2 min 5 s over/);
    expect(text).toContain('Measured · Home: Frankfurt → Ashburn · traffic was away for 248 ms as the agent saw it');
    expect(text).toContain('Health · Frankfurt: Up → Down timeouts');
    expect(html).toContain('<time datetime="2026-11-23T21:31:00Z">23 Nov 21:31:00 UTC</time>');
  });

  it('folds a long timeline', async () => {
    const html = await page((status) => Object.assign(status, { timeline: entries(100) }));
    expect(html).toContain('80 earlier entries');
    expect(html.indexOf('entry 19:')).toBeLessThan(html.indexOf('<details'));
    expect(html.indexOf('entry 20:')).toBeGreaterThan(html.indexOf('<details'));
  });

  it('is a page for a fleet of nothing', async () => {
    const text = textOf(await page((status) => Object.assign(status, { servers: [], sites: [], vantages: [] })));
    expect(text).toContain('Nothing is watched yet Put a fleet file');
    expect(text).toContain('Nothing has happened yet.');
  });

  it('is a page for a site that nobody has heard of yet', async () => {
    const html = await page((status) =>
      Object.assign(status.sites[0] ?? {}, {
        active: null,
        weights: {},
        paths: [],
        agent: { online: false, since: null, version: null, problems: [] },
      }),
    );
    expect(textOf(html)).toContain('Home – Agent not seen yet No server is chosen yet');
  });

  it('is in Chinese for those who read it; the reasons stay and say their language', async () => {
    const html = await statusPage(sampleStatus(), WORDS.zh);
    expect(html).toContain('<html lang="zh-Hans">');
    expect(textOf(html)).toContain('所有服务器运行正常');
    expect(textOf(html)).toContain('流量经由 Frankfurt');
    expect(html).toContain('<p class="why" lang="en">2 of 2 vantages say up</p>');
  });
});

describe('what it is made of', () => {
  const BAD = `<img src=x onerror=alert(1)>"'&</script>`;

  it('escapes every text that comes from outside', async () => {
    const evil = (value: unknown): unknown => {
      if (typeof value === 'string') return /^\d{4}-/.test(value) ? value : BAD;
      if (Array.isArray(value)) return value.map(evil);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, ['health', 'vote', 'kind', 'blame', 'mode'].includes(key) ? item : evil(item)]),
      );
    };
    const calm = sampleStatus((status) => {
      status.incidents = [{ id: '1', server: 'x', site: 'y', startedAt: '2026-11-23T21:00:00Z', endedAt: null, why: 'x' }];
      status.timeline = entries(30);
      Object.assign(status.sites[0] ?? {}, { pin: { server: 'x', until: null }, weights: { x: 100 } });
      status.sites[0]?.agent.problems.push('x');
    });
    const html = await statusPage({ ...(evil(calm) as Status), at: BAD }, WORDS.en);
    expect(html).not.toContain('<img');
    expect(html).not.toContain(`"'`);
    expect(html.match(/<script/g)).toHaveLength(1);
    const attributes = [...html.matchAll(/<[a-z][^>]*>/g)].map(([tag]) => tag);
    expect(attributes.filter((tag) => tag.includes('onerror') && !tag.includes('&lt;img'))).toEqual([]);
  });

  it('has no inline script, style or handler: the policy would block them', async () => {
    const html = await page((status) => Object.assign(status, { timeline: entries(30) }));
    expect(html).not.toMatch(/\sstyle=|<style|\son[a-z]+=|javascript:/i);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
  });

  it('gives each element its own id, and each reference an element', async () => {
    const html = await page((status) => Object.assign(status, { timeline: entries(30) }));
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...html.matchAll(/aria-labelledby="([^"]*)"|href="#([^"]*)"/g)].map(([, label, anchor]) => label ?? anchor);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('closes what it opens', async () => {
    const html = await page((status) => Object.assign(status, { timeline: entries(30) }));
    const VOID = ['meta', 'link', 'br'];
    const open: string[] = [];
    for (const [, slash, name = '', rest = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
      if (slash === '/') expect(open.pop()).toBe(name);
      else if (!VOID.includes(name) && !rest.endsWith('/')) open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('stays under 30 KB gzipped with everything full, style and script together', async () => {
    const full = await page((status) => {
      status.timeline = entries(100);
      status.incidents = entries(50).map(({ id, at, why }) => ({ id, server: 'frankfurt', startedAt: at, endedAt: at, why }));
      status.servers = Array.from(
        { length: 20 },
        (_, index) => ({ ...status.servers[index % 2], id: `s${index}` }) as Status['servers'][number],
      );
      status.sites = Array.from({ length: 10 }, (_, index) => ({ ...status.sites[0], id: `site${index}` }) as Status['sites'][number]);
    });
    expect(gzipSync(full + PAGE_CSS + PAGE_JS).length).toBeLessThan(30_000);
  });

  it('has a script that parses', () => {
    expect(() => new Function(PAGE_JS)).not.toThrow();
  });
});

describe('contrast', () => {
  const luminance = (hex: string) => {
    const full = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join('') : hex.slice(1);
    const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
      const part = Number.parseInt(full.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: string, other: string) => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const [light, dark] = PAGE_CSS.split('prefers-color-scheme: dark').map((part) =>
    Object.fromEntries([...part.matchAll(/--([a-z-]+): (#[0-9a-f]+)/g)].map(([, name, hex]) => [name, hex])),
  );
  it.each([
    ['light', light],
    ['dark', dark],
  ])('%s: every text on every ground is 4.5 : 1 or more (WCAG 2.2 AA)', (_name, colours = {}) => {
    const pairs = ['ink', 'soft', 'up', 'down', 'warn', 'calm'].flatMap((ink) => ['bg', 'card'].map((ground) => [ink, ground] as const));
    const pills = ['up', 'down', 'warn', 'calm'].map((tone) => [tone, `${tone}-bg`] as const);
    const poor = [...pairs, ...pills].filter(([ink, ground]) => !(contrast(colours[ink] ?? '', colours[ground] ?? '') >= 4.5));
    expect(poor).toEqual([]);
  });
});

it('a message page is small and complete', async () => {
  expect(textOf(await messagePage('notFound', WORDS.en))).toContain('There is no such page');
  const unavailable = await messagePage('unavailable', WORDS.zh);
  expect(unavailable).toContain('http-equiv="refresh"');
  expect(textOf(unavailable)).toContain('暂时无法读取状态');
});
