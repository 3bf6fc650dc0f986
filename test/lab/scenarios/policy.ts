import { normal, settled } from '../conditions.ts';
import { openFlows } from '../flows.ts';
import { byIpv6 } from '../ipv6.ts';
import type { Lab } from '../lab.ts';
import { DNS_PORT, ECHO_PORT } from '../measure/ports.ts';
import { nowMs } from '../measure/tool.ts';
import { startDatagrams } from '../measure/tools.ts';
import { inside, run, waitFor } from '../processes.ts';
import { blackholeVps, healVps, INET_ADDRESS, INET_ADDRESS6, type Server, serverOf } from '../topology.ts';
import { seenOnWans, watchWans } from '../wan-watch.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const TIMEOUT_MS = 400;
/** The router's own questions must come by the other server so soon after the Active died, in milliseconds. */
const DNS_MS = 3000;
/** What fits into the lab's tunnels (MTU 1420) beside the headers and TCP's timestamps. */
const SEGMENT = { 4: 1420 - 40 - 12, 6: 1420 - 60 - 12 } as const;

export const policy: Scenario = {
  name: 'policy',
  story:
    "clients with ways of their own, the router's own DNS, and the size of TCP's segments, with kill_switch, while each VPS dies in turn",
  promise: `classes keep their ways, "direct" passes the kill switch, DNS moves with the cut within ${DNS_MS} ms and never leaves by a WAN, TCP's segments fit both ways`,
  fleet: { preemptDelayS: 1, soakS: 0.3 },
  agent: {
    top: 'kill_switch = true',
    tables: `
[dns]
follow = true
resolvers = ["${INET_ADDRESS}", "${INET_ADDRESS6}"]
[[class]]
from = ["192.168.50.203", "fd00:50::203"]
via = "b"
[[class]]
from = ["192.168.50.204", "fd00:50::204"]
via = "b"
failover = false
[[class]]
from = ["192.168.50.205/32", "fd00:50::205"]
via = "direct"
`,
  },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

type Way = Server | 'direct' | 'none';
type Ask = (who: keyof typeof ADDRESSES, family: 4 | 6) => Promise<Way>;

/** Those of the classes are none of the client's usual ones: all of these go where the weights say. */
const ADDRESSES = {
  anyone: ['192.168.50.9', 'fd00:50::9'],
  'class by b': ['192.168.50.203', 'fd00:50::203'],
  'class held by b': ['192.168.50.204', 'fd00:50::204'],
  'class by no tunnel': ['192.168.50.205', 'fd00:50::205'],
} as const;

let senders: { client: ReturnType<typeof startDatagrams>; router: ReturnType<typeof startDatagrams> } | null = null;

async function trial(lab: Lab): Promise<TrialResult> {
  await normal(lab);
  await addAddresses();
  senders ??= { client: startDatagrams('client'), router: startDatagrams('router') };
  const { client, router } = senders;
  const ask: Ask = async (who, family) =>
    wayOf(await client({ from: ADDRESSES[who][family === 4 ? 0 : 1], to: inet(family), port: ECHO_PORT, timeoutMs: TIMEOUT_MS }));
  const question = async (family: 4 | 6) => wayOf(await router({ to: inet(family), port: DNS_PORT, timeoutMs: TIMEOUT_MS }));
  await watchWans();
  const broken = [
    ...(await expectWays(ask, 'all is well', { anyone: 'a', 'class by b': 'b', 'class held by b': 'b', 'class by no tunnel': 'direct' })),
    ...(await expectQuestions(question, 'all is well', 'a')),
    ...(await segmentsFit(lab)),
  ];

  await blackholeVps('b');
  await waitFor('the agent to know that b is dead', async () =>
    (await lab.agent.status()).paths.some(({ server, alive }) => server === 'b' && alive === false),
  );
  broken.push(
    ...(await expectWays(ask, 'b is dead', { anyone: 'a', 'class by b': 'a', 'class held by b': 'none', 'class by no tunnel': 'direct' })),
  );
  await healVps('b');
  await waitFor('b to live', async () => (await lab.agent.status()).paths.every(({ alive }) => alive === true));
  broken.push(
    ...(await expectWays(ask, 'b is back', { anyone: 'a', 'class by b': 'b', 'class held by b': 'b', 'class by no tunnel': 'direct' })),
  );

  const faultMs = nowMs();
  await blackholeVps('a');
  await waitFor("the router's questions to come by b", async () => (await question(4)) === 'b');
  const dnsMs = Math.round(nowMs() - faultMs);
  broken.push(
    ...(await expectQuestions(question, 'a is dead', 'b')),
    ...(await expectWays(ask, 'a is dead', { anyone: 'b', 'class by b': 'b', 'class held by b': 'b', 'class by no tunnel': 'direct' })),
  );
  await settled(lab, 'b');
  const onWans = await seenOnWans();
  await healVps('a');
  return {
    figures: { outageMs: null, dnsMs },
    broken: [
      ...broken,
      ...unless(dnsMs <= DNS_MS, `the router was without DNS for ${dnsMs} ms`),
      ...unless(onWans.dns === 0, `${onWans.dns} questions left by a WAN`),
    ],
  };
}

async function addAddresses(): Promise<void> {
  const lines = Object.values(ADDRESSES).flatMap(([four, six]) => [
    `address replace ${four}/24 dev lan`,
    `address replace ${six}/64 dev lan nodad`,
  ]);
  await run(['ip', '-n', 'client', '-batch', '-'], `${lines.join('\n')}\n`);
}

const inet = (family: 4 | 6) => (family === 4 ? INET_ADDRESS : INET_ADDRESS6);

function wayOf(via: string | null): Way {
  return via === null ? 'none' : (serverOf(via) ?? 'direct');
}

/** One datagram may be late or lost where the machine stands still for a moment: a silence that is not expected is believed after three. */
async function persistently(ask: () => Promise<Way>, expected: Way): Promise<Way> {
  let way = await ask();
  for (let again = 0; again < 2 && way === 'none' && expected !== 'none'; again++) way = await ask();
  return way;
}

async function expectWays(ask: Ask, when: string, expected: Record<keyof typeof ADDRESSES, Way>): Promise<string[]> {
  const broken: string[] = [];
  for (const who of Object.keys(ADDRESSES) as (keyof typeof ADDRESSES)[])
    for (const family of [4, 6] as const) {
      const way = await persistently(() => ask(who, family), expected[who]);
      broken.push(...unless(way === expected[who], `${when}: ${who} went by ${way} with IPv${family}, not by ${expected[who]}`));
    }
  return broken;
}

async function expectQuestions(question: (family: 4 | 6) => Promise<Way>, when: string, server: Server): Promise<string[]> {
  const broken: string[] = [];
  for (const family of [4, 6] as const) {
    const way = await persistently(() => question(family), server);
    broken.push(...unless(way === server, `${when}: the router's question with IPv${family} went by ${way}, not by ${server}`));
  }
  return broken;
}

/** What each end of a new flow may send, although neither was told of a smaller path. */
async function segmentsFit(lab: Lab): Promise<string[]> {
  const broken: string[] = [];
  for (const family of [4, 6] as const) {
    const one = family === 4 ? lab : byIpv6(lab);
    await openFlows(one, 1, 'a');
    for (const namespace of ['client', 'inet']) {
      const filter = ['state', 'established', '(', 'sport', '=', `:${ECHO_PORT}`, 'or', 'dport', '=', `:${ECHO_PORT}`, ')'];
      const text = await run(inside(namespace, ['ss', '-Htin', ...filter]));
      const sizes = [...text.matchAll(/ mss:(\d+) pmtu:(\d+)/g)].map(([, mss, pmtu]) => ({ mss: Number(mss), pmtu: Number(pmtu) }));
      broken.push(
        ...unless(
          sizes.length > 0 && sizes.every(({ mss, pmtu }) => mss <= SEGMENT[family] && pmtu >= 1500),
          `IPv${family}, ${namespace}: segments of ${JSON.stringify(sizes)}, not up to ${SEGMENT[family]}`,
        ),
      );
    }
    await one.tools.flows.closeAll();
  }
  return broken;
}
