import type { Carry } from '../life.ts';

/** One tunnel, as the kernel's rules need it. */
export interface Lane {
  server: string;
  device: string;
  mark: number;
  table: number;
  /** Where its heartbeats go. */
  heartbeat: string;
}

export type Family = 4 | 6;

/** Flows that go their own way. */
export interface TrafficClass {
  /** Match expressions of nft, such as `ip saddr { 10.0.0.5 } udp dport { 5060 }`: a flow that fulfils one of them is in the class. */
  matches: string[];
  /** Null: by no tunnel. */
  mark: number | null;
  /** It never takes another tunnel, not even when its own is dead. */
  held: boolean;
}

/** One WAN, as the kernel's rules need it. */
export interface WanLane {
  device: string;
  /** Null: what the main table's default route by this device says. */
  gateway: string | null;
  mark: number;
  table: number;
}

/** What of our rules follows from the agent's file alone. */
export interface Policy {
  lanes: readonly Lane[];
  wans: readonly WanLane[];
  lan: readonly string[];
  masquerade: boolean;
  /** What comes from the LAN and finds no tunnel ends here, instead of leaving by a WAN. */
  killSwitch: boolean;
  /** The first that matches a new flow decides. */
  classes: readonly TrafficClass[];
  /** The router's own questions to these resolvers follow its clients; `[]`: to any; null: they do not. */
  resolvers: readonly string[] | null;
}

/** What the kernel should do. */
export interface Desired extends Policy {
  /** The VPSs' addresses outside of the tunnels: probes go there by each WAN. */
  endpoints: readonly string[];
  carry: Carry;
}

/** All that the unchanging part of our table is made from. `mtus`: of the tunnels' devices that are there. */
export interface Layout extends Policy {
  mtus: Readonly<Record<string, number>>;
}

/** The maps of our table: what changes at a switch. Everything else of it changes only with the configuration. */
export interface Steering {
  /** Marks of 100 buckets of client addresses, as ranges: `[from, to, mark]`, both ends included. */
  weights: [number, number, number][];
  /** Where flows of each mark go. */
  live: Record<number, number>;
  dead: number[];
}

/** Our nft table as found. */
export interface ObservedTable {
  /** Of the unchanging part; null: none of ours, or changed by somebody. */
  fingerprint: string | null;
  steering: Steering;
}

export interface Link {
  device: string;
  up: boolean;
  mtu: number;
  /** It needs no gateway. */
  pointToPoint: boolean;
  /** Addresses of global scope. */
  addresses: Record<Family, string[]>;
}

/** What the kernel does. Rules and routes are those with our protocol tag, written as `ip` takes them. */
export interface Observed {
  table: ObservedTable | null;
  rules: Record<Family, string[]>;
  routes: Record<Family, string[]>;
  links: Record<string, Link>;
  /** Gateways of the main table's default routes, by device. */
  gateways: Record<Family, Record<string, string>>;
  /** The effective reverse-path filter of the tunnels' devices: the higher of `all` and the device's own. */
  rpFilter: Record<string, number>;
  /** Whether this kernel speaks IPv6 at all. */
  hasIpv6: boolean;
}

/** One thing to do, with the reason. `alone`: nothing that follows depends on it. */
export type Step =
  | { kind: 'nft'; script: string; why: string }
  | { kind: 'command'; argv: string[]; why: string; alone?: true }
  | { kind: 'sysctl'; path: string; value: string; why: string };
