import { inside, run } from './processes.ts';

/** What only one of two states has, line by line, marked `-` and `+`; empty: they are the same. */
export function difference(before: string, after: string): string {
  const [left, right] = [before.split('\n'), after.split('\n')];
  const gone = left.filter((line) => !right.includes(line)).map((line) => `- ${line.trim()}`);
  const come = right.filter((line) => !left.includes(line)).map((line) => `+ ${line.trim()}`);
  return gone.length + come.length > 0 || before === after ? [...gone, ...come].join('; ') : 'the same lines in another order';
}

/** All that decides where the router sends packets – rules of nft without counters, ip rules, routes – as text to compare. */
export async function kernelState(): Promise<string> {
  const parts = await Promise.all([
    run(inside('router', ['nft', '--stateless', 'list', 'ruleset'])),
    run(['ip', '-n', 'router', 'rule', 'show']),
    run(['ip', '-n', 'router', 'route', 'show', 'table', 'all']),
    run(['ip', '-n', 'router', '-6', 'rule', 'show']),
    run(['ip', '-n', 'router', '-6', 'route', 'show', 'table', 'all']),
  ]);
  return parts.map((part) => part.trim()).join('\n---\n');
}

/** All that decides what the router does with packets, with devices, addresses and settings, to see whether anything is left behind. Left out are counters that move by themselves. */
export async function routerPicture(): Promise<string> {
  const moving = /^net\.(netfilter\.nf_conntrack_count|ipv4\.tcp_mem|ipv4\.udp_mem|ipv4\.neigh|ipv6\.neigh)/;
  const parts = await Promise.all([
    run(inside('router', ['nft', 'list', 'ruleset'])),
    ...['-4', '-6'].flatMap((family) => [
      run(['ip', '-n', 'router', family, 'rule', 'show']),
      run(['ip', '-n', 'router', family, 'route', 'show', 'table', 'all']),
    ]),
    run(['ip', '-n', 'router', '-d', 'link', 'show']),
    run(['ip', '-n', 'router', 'addr', 'show']),
    run(inside('router', ['sysctl', '-a', '-r', '^net'])),
    run(['ip', '-n', 'router', 'mptcp', 'endpoint', 'show']),
    run(['ip', '-n', 'router', 'mptcp', 'limits', 'show']),
  ]);
  return parts
    .flatMap((part) => part.split('\n'))
    .filter((line) => !moving.test(line))
    .join('\n');
}
