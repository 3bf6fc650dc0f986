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
