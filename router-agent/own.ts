/*
 * All that the agent owns in the kernel, in one place. What carries none of these names and numbers is never touched.
 */

/** The nft table, family `inet`. */
export const NFT_TABLE = 'farwatch';

/** Our bits of packet and connection marks; all other bits belong to others (mwan3 uses 0x3f00) and are kept. */
export const MARK_MASK = 0xff;

/**
 * Set in the mark of what a `[[class]]` holds where it is: with a tunnel's mark, the flow waits for that tunnel; alone, it takes no tunnel. So
 * tunnels' marks are 1–127.
 */
export const HOLD_BIT = 0x80;
export const MAX_MARK = HOLD_BIT - 1;

/** Tunnels get marks 1, 2, … and route tables 201, 202, … by their place in the agent's file. */
export const FIRST_MARK = 1;
export const FIRST_TABLE = 201;
export const MAX_TUNNELS = 50;

/**
 * Rule priorities. Heartbeats first: they must take their own tunnel whatever `main` says. Then `main` without its default route,
 * so that local networks stay local. Then one rule a mark. Then, with `kill_switch`, one a LAN device that ends here whatever found no tunnel.
 * All are lower than mwan3's first (1001) and its swallowing 2001.
 */
export const PREF_HEARTBEAT = 21;
export const PREF_LOCAL = 90;
export const PREF_MARK = 101;
export const PREF_BLOCK = 161;

/**
 * WANs get marks 120, 121, … and tables 181, 182, … by their place in the agent's file. A tunnel's own packets carry the mark of the WAN that they
 * are to leave by; what leaves from a WAN's or a tunnel's address stays on it.
 */
export const FIRST_WAN_MARK = 0x78;
export const FIRST_WAN_TABLE = 181;
export const MAX_WANS = 8;
/** A table that leads nowhere: a probe from a WAN's address never leaves by another WAN. */
export const NOWHERE_TABLE = 180;
/** Before `PREF_LOCAL`: somebody's host route to a VPS by one WAN must not win over the WAN that was chosen. */
export const PREF_WAN_MARK = 71;
export const PREF_WAN_PROBE = 80;
export const PREF_WAN_NOWHERE = 81;
/** After `PREF_LOCAL`: what we answer to our own networks stays at home. After the marks: the router's own questions have the address of whatever tunnel they began with. */
export const PREF_SOURCE = 155;

/** The `protocol` tag of our rules and routes (rtnetlink 128–255 are free for administrators). It makes them ours beyond doubt. */
export const ROUTE_PROTOCOL = 170;

/** Last resort of each of our tables: without it a tunnel that is gone would leak its traffic into `main`. */
export const UNREACHABLE_METRIC = 4_000_000;

/** Links that the agent created carry this alias; teardown removes no other. */
export const LINK_ALIAS = 'farwatch';

/** Where daemons that we start keep their pid and log: gone after a reboot, as they are. */
export const RUN_DIR = '/var/run/farwatch';

/**
 * The device by which clients of a cut path are told (`dataplane/tickle-device.ts`). It listens on loopback; our table drops what comes
 * to its port from anywhere else.
 */
export const TICKLE_DEVICE = 'farwatch0';
/** The IPv4 dummy address (RFC 7600): it is nobody's. */
export const TICKLE_ADDRESS = '192.0.0.8';
export const TICKLE_MAC = '02:fa:57:00:00:01';
export const TICKLE_PORT = 51_972;
export const TICKLE_VNI = 0xfa57;

/** Ids of our MPTCP endpoints: two a WAN (one a family), by its place in the agent's file. Those that the kernel gives by itself begin at 1. */
export const FIRST_MPTCP_ID = 201;
/** The kernel takes no more than eight. */
export const MAX_MPTCP_ENDPOINTS = 8;
