import { isIP, isIPv4 } from 'node:net';

export interface HeartbeatAddress {
  host: string;
  port: number;
}

/**
 * Where heartbeats go when the file names no port: "echo", which nothing listens on today, so that the VPS's kernel answers with a reset.
 * A refused connection proves the path as well as an accepted one, and needs nothing installed on the VPS.
 */
export const DEFAULT_HEARTBEAT_PORT = 7;

/** Reads `ip`, `ip:port` or `[ip6]:port`; null when it is none of them. */
export function parseHeartbeat(text: string): HeartbeatAddress | null {
  if (isIP(text) !== 0) return { host: text, port: DEFAULT_HEARTBEAT_PORT };
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<four>[0-9.]+)):(?<port>\d{1,5})$/.exec(text);
  const { six, four, port } = match?.groups ?? {};
  const host = six ?? four;
  if (host === undefined || port === undefined) return null;
  if (isIP(host) === 0 || (four !== undefined && !isIPv4(host))) return null;
  const number = Number(port);
  return number >= 1 && number <= 65_535 ? { host, port: number } : null;
}
