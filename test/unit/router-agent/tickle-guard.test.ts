import { expect, test } from 'vitest';
import { chainsOf } from '../../../router-agent/dataplane/chains.ts';
import { TICKLE_PORT } from '../../../router-agent/own.ts';

test('the port of the tickle device is guarded only where the packet is for the router itself: a client may have the same one', () => {
  const lane = { server: 'a', device: 'wga', table: 201, mark: 1 };
  const chains = chainsOf({
    lanes: [{ ...lane, heartbeat: '10.9.1.1' }],
    wans: [],
    lan: ['br-lan'],
    masquerade: true,
    killSwitch: false,
    classes: [],
    resolvers: null,
    mtus: {},
  });
  const guarded = chains.filter(({ rules }) => rules.some((rule) => rule.includes(String(TICKLE_PORT))));
  expect(guarded.map(({ hook }) => hook)).toEqual([expect.stringContaining('hook input')]);
});
