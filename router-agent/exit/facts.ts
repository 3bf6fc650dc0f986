import type { Config } from '../config.ts';
import type { Lines } from '../dataplane/lines.ts';
import type { AddressBook } from '../wan/addresses.ts';
import type { ExitFacts } from './verdict.ts';

/** What this router knows by itself of where each tunnel should come out. */
export function exitFacts(config: Config, lines: Lines, addresses: AddressBook): (server: string) => Omit<ExitFacts, 'server' | 'seen'> {
  const named = ({ exit }: Config['tunnel'][number]) => (exit === undefined || exit === false ? null : [exit].flat());
  return (server) => {
    const tunnel = config.tunnel.find((one) => one.server === server);
    const others = config.tunnel.filter((one) => one.server !== server);
    return {
      expected: tunnel === undefined ? null : named(tunnel),
      endpoint: lines.endpointOf(server),
      others: Object.fromEntries(others.map((one) => [one.server, named(one) ?? [lines.endpointOf(one.server) ?? []].flat()])),
      own: config.wan.flatMap(({ device }) => [addresses(device, 4) ?? [], addresses(device, 6) ?? []].flat()),
    };
  };
}
