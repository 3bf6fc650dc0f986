import { inside, run } from './processes.ts';

/** All that decides where the router sends packets – rules of nft without counters, ip rules, routes – as text to compare. */
export async function kernelState(): Promise<string> {
  const parts = await Promise.all([
    run(inside('router', ['nft', '--stateless', 'list', 'ruleset'])),
    run(['ip', '-n', 'router', 'rule', 'show']),
    run(['ip', '-n', 'router', 'route', 'show', 'table', 'all']),
  ]);
  return parts.map((part) => part.trim()).join('\n---\n');
}
