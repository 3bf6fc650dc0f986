import { inside, run } from './processes.ts';

/** One end of a virtual cable. */
export interface End {
  namespace: string;
  device: string;
  /** With its prefix length, such as `10.1.0.2/24`. */
  addresses: readonly string[];
}

/** A namespace with loopback up and both IP versions; `router` lets it forward packets. */
export async function addNamespace(name: string, router = false): Promise<void> {
  await run(['ip', 'netns', 'add', name]);
  await run(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
  const forwarding = router ? ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'] : [];
  await run(inside(name, ['sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=0', 'net.ipv6.conf.default.disable_ipv6=0', ...forwarding]));
}

/** Lays a veth cable between two namespaces and brings both ends up. */
export async function cable(a: End, b: End): Promise<void> {
  const veth = ['ip', 'link', 'add', a.device, 'netns', a.namespace, 'type', 'veth', 'peer', 'name', b.device, 'netns', b.namespace];
  await run(veth);
  await Promise.all([bringUp(a), bringUp(b)]);
}

/** Plugs a namespace into a bridge of the lab's own namespace. */
export async function plugInto(bridge: string, end: End): Promise<void> {
  const port = `p-${end.namespace}`;
  await run(['ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', end.device, 'netns', end.namespace]);
  await run(['ip', 'link', 'set', port, 'master', bridge, 'up']);
  await bringUp(end);
}

async function bringUp({ namespace, device, addresses }: End): Promise<void> {
  // Nobody else has these addresses: they are usable at once.
  const add = (address: string) => `address add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
  const commands = [...addresses.map(add), `link set dev ${device} up`];
  await run(['ip', '-n', namespace, '-batch', '-'], `${commands.join('\n')}\n`);
}

/** `route(ns, 'default via 10.1.0.1')`, or the same with IPv6. */
export async function route(namespace: string, spec: string): Promise<void> {
  await run(['ip', '-n', namespace, spec.includes('::') ? '-6' : '-4', 'route', 'add', ...spec.split(' ')]);
}

/** Loads an nft ruleset in a namespace, as one transaction. */
export async function nft(namespace: string, ruleset: string): Promise<void> {
  await run(inside(namespace, ['nft', '-f', '-']), ruleset);
}

/** Hides everything that leaves by `device` behind the namespace's own address there. */
export function masquerade(namespace: string, device: string): Promise<void> {
  return nft(
    namespace,
    `table inet nat {
      chain post {
        type nat hook postrouting priority 100;
        oifname "${device}" masquerade;
      }
    }`,
  );
}

/**
 * Drops every packet that comes in or goes out by `device`, without a word to anybody: before conntrack, so that no state changes either.
 * This is what a dead machine or a dead line looks like from outside.
 */
export function blackhole(namespace: string, device: string): Promise<void> {
  return nft(
    namespace,
    `table inet blackhole {
      chain in {
        type filter hook prerouting priority -500;
        iifname "${device}" drop;
      }
      chain out {
        type filter hook postrouting priority 500;
        oifname "${device}" drop;
      }
    }`,
  );
}

/** Also where nothing was wrong. */
export function heal(namespace: string): Promise<void> {
  return nft(namespace, 'table inet blackhole { }\ndelete table inet blackhole');
}
