import { overlaps, parseCidr } from '../cidr.ts';

/** What is known of the addresses at which servers should come out. */
export interface ExitFacts {
  server: string;
  /** What the edge saw. */
  seen: string;
  /** Addresses or networks from the agent's file; null: the file does not say. */
  expected: readonly string[] | null;
  /** The VPS's address outside of the tunnel, which most VPSs come out at; null: not known. */
  endpoint: string | null;
  /** Addresses of the other servers' endpoints or exits, by server. */
  others: Readonly<Record<string, readonly string[]>>;
  /** The router's own addresses on its WANs. */
  own: readonly string[];
}

/** `bars`: no traffic may move there. A guess is told, and moves nothing. */
export type ExitVerdict = { ok: true } | { ok: false; bars: boolean; message: string };

/**
 * Whether traffic through a tunnel comes out where it should. The expectation is the router's own – its file, or WireGuard's endpoint –, the edge only tells
 * what it sees: it can make a standby unusable, but it can never send traffic anywhere.
 */
export function judgeExit({ server, seen, expected, endpoint, others, own }: ExitFacts): ExitVerdict {
  const wrong = (message: string, bars: boolean): ExitVerdict => ({
    ok: false,
    bars,
    message: `${server} comes out at ${seen}: ${message}`,
  });
  if (expected !== null && isIn(seen, expected)) return { ok: true };
  if (isIn(seen, own)) return wrong('that is the bare line, so it leaks past the tunnel', true);
  const other = Object.entries(others).find(([, addresses]) => isIn(seen, addresses))?.[0];
  if (other !== undefined && !(endpoint !== null && isIn(seen, [endpoint])))
    return wrong(`that is ${other}, so the tunnel ends at the wrong VPS`, true);
  if (expected !== null) return wrong(`right: ${expected.join(' or ')}; it leaks, or the tunnel ends at another VPS`, true);
  if (endpoint === null || familyOf(endpoint) !== familyOf(seen) || isIn(seen, [endpoint])) return { ok: true };
  return wrong(`its endpoint is ${endpoint}; if both are right, write exit = "${seen}" into its [[tunnel]]`, false);
}

function isIn(address: string, list: readonly string[]): boolean {
  const one = parseCidr(address);
  return (
    one !== null &&
    list.some((text) => {
      const net = parseCidr(text);
      return net !== null && overlaps(one, net);
    })
  );
}

const familyOf = (address: string) => parseCidr(address)?.family ?? null;

/** `::ffff:192.0.2.1` is 192.0.2.1. */
export function plainAddress(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/i, '');
}
