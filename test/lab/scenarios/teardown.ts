import { normal } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nft } from '../net.ts';
import { inside, run, waitFor } from '../processes.ts';
import { difference, routerPicture } from '../router.ts';
import { blackholeVps, healVps } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

export const teardown: Scenario = {
  name: 'teardown',
  story: 'teardown after a stop, after kill -9 in the middle of a switch, after kill -9 in the middle of the start',
  promise:
    'nft, rules, routes, links, addresses, sysctls and MPTCP are byte for byte as before the first start, by IPv4 and IPv6; a second teardown finds nothing',
  fleet: { preemptDelayS: 1, soakS: 0.3 },
  prepare,
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

let untouched = '';

/** What others own, of every kind that we touch; and settings that the agent must change and give back. */
async function prepare(): Promise<void> {
  const settings = ['net.ipv4.conf.default.rp_filter=1', 'net.ipv4.conf.wan1.rp_filter=1', 'net.ipv4.conf.wan2.rp_filter=0'];
  await run(inside('router', ['sysctl', '-qw', ...settings]));
  await nft(
    'router',
    'add table inet somebody; add chain inet somebody c { type filter hook forward priority 0; policy accept; }; add rule inet somebody c tcp dport 25 drop\n',
  );
  for (const family of ['-4', '-6'])
    await run(['ip', '-n', 'router', family, 'rule', 'add', 'pref', '500', 'fwmark', '0x100/0xff00', 'lookup', '900']);
  await run(['ip', '-n', 'router', 'route', 'add', '198.51.100.0/24', 'dev', 'wan2', 'table', '900']);
  await run(['ip', '-n', 'router', 'mptcp', 'endpoint', 'add', '10.1.0.2', 'dev', 'wan1', 'signal']);
  // Link-local addresses come by themselves, and take their time.
  await waitFor('the kernel to come to rest', async () => !(await run(['ip', '-n', 'router', 'addr', 'show'])).includes('tentative'));
  untouched = await routerPicture();
}

async function trial(lab: Lab): Promise<TrialResult> {
  const broken: string[] = [];
  const compare = async (when: string) => {
    lab.say(`teardown ${when}`);
    await lab.agent.command('teardown');
    const now = await routerPicture();
    const again = await lab.agent.command('teardown');
    broken.push(
      ...unless(now === untouched, `after teardown ${when}: ${difference(untouched, now)}`),
      ...unless(!/removed/.test(again), `a second teardown ${when} found something: ${again}`),
    );
  };
  await normal(lab);
  await lab.agent.stop();
  await compare('after a stop');

  lab.agent.restart();
  await normal(lab);
  await blackholeVps('a');
  await waitFor(
    'the cut',
    async () => (await run(inside('router', ['nft', 'list', 'set', 'inet', 'farwatch', 'dead']))).includes('elements'),
    { everyMs: 2 },
  );
  await lab.agent.kill();
  await compare('after kill -9 in the middle of a switch');
  await healVps('a');

  lab.agent.restart();
  await waitFor('the first of its rules', async () => (await run(['ip', '-n', 'router', 'rule', 'show'])).includes('proto 170'), {
    everyMs: 2,
  });
  await lab.agent.kill();
  await compare('after kill -9 in the middle of the start');
  lab.agent.restart();
  await normal(lab);
  return { figures: { outageMs: null, pictureBytes: untouched.length }, broken };
}
