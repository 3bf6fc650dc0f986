import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diffFleet } from '../../../worker/fleet-file/diff.ts';
import { readFleet } from '../../../worker/fleet-file/read.ts';
import { fleetToml } from '../../../worker/fleet-file/toml.ts';
import { fleetOf, smallFleet } from './fleets.ts';

/** What `change` changes in the small fleet. */
function diffOf(change: (file: ReturnType<typeof smallFleet>) => void) {
  const file = smallFleet();
  change(file);
  return diffFleet(fleetOf(smallFleet()), fleetOf(file));
}

describe('diffFleet', () => {
  it('is empty for the same', () => {
    expect(diffOf(() => undefined)).toEqual([]);
  });

  it('names rows by id', () => {
    expect(diffOf((file) => Object.assign(file.server[0] ?? {}, { priority: 50 }))).toEqual([
      { path: '/server/a/priority', from: 200, to: 50 },
    ]);
  });

  it('does not see rows that only moved', () => {
    expect(diffOf((file) => file.server.reverse())).toEqual([]);
  });

  it('sees a row that came, and one that went', () => {
    const vantage = { id: 'oc', region: 'oc', witnesses: [] };
    expect(diffOf((file) => file.vantage.push(vantage))).toEqual([{ path: '/vantage/oc', to: vantage }]);
    expect(diffOf((file) => file.vantage.pop())).toEqual([{ path: '/vantage/weur', from: { id: 'weur', region: 'weur', witnesses: [] } }]);
  });

  it('sees lists as a whole, checks and notifications by place', () => {
    expect(diffOf((file) => Object.assign(file.site[0] ?? {}, { failback_stages: [50, 100] }))).toEqual([
      { path: '/site/home/failback_stages', from: [10, 50, 100], to: [50, 100] },
    ]);
    expect(diffOf((file) => Object.assign(file.server[0] ?? {}, { check: [{ kind: 'tls', port: 443 }] }))).toEqual([
      { path: '/server/a/check/0/port', from: 65_500, to: 443 },
    ]);
    expect(diffOf((file) => file.notify.push({ url: 'ntfy://x/y', events: ['switch'] }))).toEqual([
      { path: '/notify/0', to: { url: 'ntfy://x/y', events: ['switch'] } },
    ]);
  });

  it('sees keys that came and went', () => {
    expect(diffOf((file) => Reflect.deleteProperty(file.server[0] ?? {}, 'region'))).toEqual([{ path: '/server/a/region', from: 'eu' }]);
  });

  it('tells a first fleet row by row', () => {
    const paths = diffFleet(null, fleetOf(smallFleet())).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['/fleet/name', '/probing/interval_s', '/vantage/weur', '/server/a', '/server/b', '/site/home']),
    );
    expect(paths).toHaveLength(11);
  });
});

describe('fleetToml', () => {
  it('reads back as the same fleet', () => {
    const first = readFleet(readFileSync('docs/examples/fleet.toml', 'utf8'), 'toml', { allowPrivate: false });
    if (!first.ok) throw new Error('the example is wrong');
    expect(readFleet(fleetToml(first.fleet), 'toml', { allowPrivate: false })).toEqual(first);
  });

  it('keeps texts that TOML has to escape', () => {
    const file = smallFleet();
    file.fleet.name = 'a "b" \\ \u0007 \n # ] 机房';
    const text = fleetToml(fleetOf(file));
    expect(readFleet(text, 'toml', { allowPrivate: false })).toMatchObject({ ok: true, fleet: { fleet: { name: file.fleet.name } } });
  });
});
