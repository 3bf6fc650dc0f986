/** What is known of one WAN when a tunnel falls silent. */
export interface Outlook {
  wan: string;
  /** The VPS has answered by it since the silence began. */
  reached: boolean;
  /** The VPS has answered by it at some time: its silence means something. Firewalls swallow questions. */
  tells: boolean;
  /** How long an answer may still take, in milliseconds; 0: it is due. */
  waitMs: number;
  /** The WAN has an address to send from. */
  usable: boolean;
}

export interface Silence {
  /** The WAN by which the silent tunnel leaves. */
  current: string;
  /** Another tunnel has answered by the same WAN since. */
  sameWanLives: boolean;
  /** In the order of preference. */
  outlooks: readonly Outlook[];
}

/** `stay`: it is not the WAN, or there is no other. `go`: try these, in this order; the tunnel's own answer decides. */
export type Detour = { kind: 'stay' } | { kind: 'wait'; waitMs: number } | { kind: 'go'; wans: string[] };

/**
 * A tunnel is silent: is it the WAN? A WAN by which the VPS answers outside of the tunnel is not to blame, and the tunnel itself is dead. Another WAN by which
 * the VPS answers is the way. Where nobody answers because nobody ever did, another WAN is tried – unless this one is known to live by
 * another tunnel: then it is the VPS, and a cut must not wait.
 */
export function chooseDetour({ current, sameWanLives, outlooks }: Silence): Detour {
  if (outlooks.some(({ wan, reached }) => wan === current && reached)) return { kind: 'stay' };
  const others = outlooks.filter(({ wan, usable }) => wan !== current && usable);
  const reached = others.filter((other) => other.reached);
  if (reached.length > 0) return { kind: 'go', wans: reached.map(({ wan }) => wan) };
  if (sameWanLives) return { kind: 'stay' };
  const waits = others.filter(({ tells, waitMs }) => tells && waitMs > 0).map(({ waitMs }) => waitMs);
  if (waits.length > 0) return { kind: 'wait', waitMs: Math.min(...waits) };
  const untold = others.filter(({ tells }) => !tells).map(({ wan }) => wan);
  return untold.length > 0 ? { kind: 'go', wans: untold } : { kind: 'stay' };
}
