import { parse } from 'smol-toml';
import { expect, test } from 'vitest';
import { readFleet } from '../../../worker/fleet-file/read.ts';
import { fleetToml } from '../../../worker/fleet-file/toml.ts';

const FLEET = {
  fleet: { name: 'a "b" \\ 上海\u007f\u0001\n', plan: 'paid' },
  probing: { interval_s: 2.5 },
  vantage: [{ id: 'v', region: 'weur', witnesses: ['https://example.com/'] }],
  server: [
    {
      id: 'a',
      address: '198.51.100.1',
      check: [
        { kind: 'http', url: 'https://example.com/', expect_status: [200, 204] },
        { kind: 'tcp', port: 1 },
      ],
    },
    { id: 'b', address: '2001:db8::1', preset: 'omr' },
  ],
  site: [{ id: 'home', servers: ['a', 'b'], quality: { max_loss: 0.1 }, drill: { cron: '0 4 * * *' } }],
  notify: [{ url: 'json://example.com/x', events: ['switch'] }],
};

function read(text: string, format: 'toml' | 'json') {
  const outcome = readFleet(text, format, { allowPrivate: true });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.errors));
  return outcome.fleet;
}

test('a fleet written as TOML is the same fleet, for us and for any reader', () => {
  const fleet = read(JSON.stringify(FLEET), 'json');
  const text = fleetToml(fleet);
  expect(read(text, 'toml')).toEqual(fleet);
  expect(parse(text)).toEqual(JSON.parse(JSON.stringify(fleet)));
});

test('it reads as people write it', () => {
  const text = fleetToml(read(JSON.stringify({ fleet: { name: 'x' } }), 'json'));
  expect(text).toMatch(/^vantage = \[\]\n[\s\S]*\n\[fleet\]\nname = "x"\nplan = "free"\n\n\[probing\]\ninterval_s = 10\n[\s\S]*\n$/);
});
