import { describe, expect, it } from 'vitest';
import type { Status } from '../../../worker/protocol/status.ts';
import { clock, duration, overall, pathMatrix, vantageColumns, weightRows } from '../../../worker/status/view.ts';
import { WORDS } from '../../../worker/status/words.ts';
import { sampleStatus } from './sample.ts';

type Health = Status['servers'][number]['health'];

/** The sample with these healths, in order. */
function withHealth(...healths: Health[]) {
  return (status: Status) => {
    for (const [index, health] of healths.entries()) Object.assign(status.servers[index] ?? {}, { health });
  };
}

function withSite(change: Partial<Status['sites'][number]>) {
  return (status: Status) => {
    Object.assign(status.sites[0] ?? {}, change);
  };
}

const OPEN = { id: 'i', startedAt: '2026-11-23T21:00:00Z', endedAt: null, why: '' };

describe('overall', () => {
  it.each<[string, string, ((status: Status) => void)[]]>([
    ['ok', 'all is well', []],
    ['degraded', 'the standby is down', [withHealth('up', 'down')]],
    ['degraded', 'the Active is down outside, but its path is alive inside', [withHealth('down', 'up')]],
    ['down', 'the Active is down and its paths are dead', [withHealth('down', 'up'), withSite({ paths: [] })]],
    [
      'degraded',
      'the Active died and the site moved to the standby',
      [withHealth('down', 'up'), withSite({ active: 'ashburn', paths: [] })],
    ],
    ['down', 'every server is down', [withHealth('down', 'down')]],
    ['degraded', 'an agent is gone', [withSite({ agent: { online: false, since: '2026-11-23T21:00:00Z', version: null, problems: [] } })]],
    ['ok', 'an agent never came', [withSite({ agent: { online: false, since: null, version: null, problems: [] } })]],
    ['degraded', 'an agent has a problem', [withSite({ agent: { online: true, since: null, version: null, problems: ['no tunnel'] } })]],
    ['degraded', 'an incident is open', [(status) => status.incidents.push({ ...OPEN })]],
    ['ok', 'all incidents are over', [(status) => status.incidents.push({ ...OPEN, endedAt: '2026-11-23T21:01:00Z' })]],
    ['unknown', 'a server is unknown', [withHealth('unknown', 'up')]],
    ['maintenance', 'a server is in maintenance', [withHealth('maintenance', 'up')]],
    [
      'blind',
      'no vantage sees',
      [(status) => Object.assign(status, { vantages: status.vantages.map((vantage) => ({ ...vantage, sighted: false })) })],
    ],
    ['ok', 'one vantage sees', [(status) => Object.assign(status.vantages[0] ?? {}, { sighted: false })]],
    ['empty', 'there is nothing', [(status) => Object.assign(status, { servers: [], sites: [], vantages: [] })]],
  ])('is %s when %s', (expected, _when, changes) => {
    const status = sampleStatus((draft) => {
      for (const change of changes) change(draft);
    });
    expect(overall(status)).toBe(expected);
  });
});

describe('duration', () => {
  it.each([
    [0, '0.0 ms'],
    [0.44, '0.4 ms'],
    [12.4, '12 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [1540, '1.5 s'],
    [9949, '9.9 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [125_000, '2 min 5 s'],
    [3_599_000, '59 min 59 s'],
    [3_600_000, '1 h'],
    [11_400_000, '3 h 10 min'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('clock', () => {
  it('is the same text whenever it is read', () => {
    expect(clock('2026-11-03T09:02:05.123Z', WORDS.en.months)).toBe('3 Nov 09:02:05 UTC');
    expect(clock('2026-11-03T09:02:05Z', WORDS.zh.months)).toBe('11月3日 09:02:05 UTC');
  });
  it('gives back what is no time', () => expect(clock('soon', WORDS.en.months)).toBe('soon'));
});

it('weights are shown from the heaviest', () => {
  const [site] = sampleStatus(withSite({ weights: { a: 10, b: 80, c: 10 } })).sites;
  expect(site && weightRows(site)).toEqual([
    { server: 'b', percent: 80 },
    { server: 'a', percent: 10 },
    { server: 'c', percent: 10 },
  ]);
});

it('paths are a matrix with holes', () => {
  const [site] = sampleStatus().sites;
  const matrix = site && pathMatrix(site);
  expect(matrix?.servers).toEqual(['frankfurt', 'ashburn']);
  expect(matrix?.rows.map(({ wan, cells }) => [wan, ...cells.map((cell) => cell?.alive)])).toEqual([
    ['wan1', true, true],
    ['wan2', false, undefined],
  ]);
});

it('a WAN of MPTCP that no path names has a row of its own', () => {
  const mptcp = ['wan1', 'wan3'].map((wan) => ({ wan, backup: wan === 'wan3', subflows: 1, retransmissions: 0 }));
  const [site] = sampleStatus(withSite({ mptcp })).sites;
  const rows = (site && pathMatrix(site).rows) ?? [];
  expect(rows.map((row) => [row.wan, row.mptcp?.backup])).toEqual([
    ['wan1', false],
    ['wan2', undefined],
    ['wan3', true],
  ]);
  expect(rows[2]?.cells).toEqual([undefined, undefined]);
});

it('a vantage that only votes has a column too', () => {
  const status = sampleStatus((draft) =>
    draft.servers[0]?.votes.push({ vantage: 'gone', vote: 'unknown', latencyMs: null, at: null, why: '' }),
  );
  expect(vantageColumns(status)).toEqual(['europe', 'america', 'gone']);
});
