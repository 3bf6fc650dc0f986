import { isIPv6 } from 'node:net';
import { addressBytes } from '../address-bytes.ts';
import { TICKLE_MAC, TICKLE_VNI } from '../own.ts';

/** One TCP connection as its client sees it. Both addresses are of one family, written as the kernel writes them. */
export interface TcpFlow {
  client: string;
  clientPort: number;
  server: string;
  serverPort: number;
}

const TCP = 6;
const TTL = 64;
const TCP_BYTES = 20;
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const;
/** Locally administered; nobody answers it. */
const FROM_MAC = Buffer.from('02fa57000002', 'hex');

/**
 * A segment that says nothing – an ACK with sequence and acknowledgement 0 – as if the server had sent it (a "tickle ACK", as CTDB has it). The client finds
 * it outside of its window and answers with an ACK of its own (RFC 9293, 3.10.7.4), at once and without closing anything.
 */
export function tickleSegment(flow: TcpFlow): Buffer {
  const from = addressBytes(flow.server);
  const to = addressBytes(flow.client);
  const tcp = Buffer.alloc(TCP_BYTES);
  tcp.writeUInt16BE(flow.serverPort, 0);
  tcp.writeUInt16BE(flow.clientPort, 2);
  tcp[12] = (TCP_BYTES / 4) << 4;
  tcp[13] = 0x10;
  tcp.writeUInt16BE(checksum([from, to, pseudoTail(from.length), tcp]), 16);
  return Buffer.concat([from.length === 16 ? ipv6Header(from, to) : ipv4Header(from, to), tcp]);
}

/** The same as a datagram that our VXLAN device unpacks (RFC 7348): to the kernel the segment then came in by that device. */
export function tickleDatagram(flow: TcpFlow): Buffer {
  const ethernet = Buffer.concat([Buffer.from(TICKLE_MAC.replaceAll(':', ''), 'hex'), FROM_MAC, Buffer.alloc(2)]);
  ethernet.writeUInt16BE(ETHERTYPE[isIPv6(flow.client) ? 6 : 4], 12);
  const vxlan = Buffer.alloc(8);
  vxlan[0] = 0x08;
  vxlan.writeUInt32BE(TICKLE_VNI * 256, 4);
  return Buffer.concat([vxlan, ethernet, tickleSegment(flow)]);
}

function ipv4Header(from: Buffer, to: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(header.length + TCP_BYTES, 2);
  header[8] = TTL;
  header[9] = TCP;
  from.copy(header, 12);
  to.copy(header, 16);
  header.writeUInt16BE(checksum([header]), 10);
  return header;
}

function ipv6Header(from: Buffer, to: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(TCP_BYTES, 4);
  header[6] = TCP;
  header[7] = TTL;
  from.copy(header, 8);
  to.copy(header, 24);
  return header;
}

/** What both pseudo headers end with, as far as the sum sees it: the length and the protocol. */
function pseudoTail(addressLength: number): Buffer {
  return addressLength === 16 ? Buffer.from([0, 0, 0, TCP_BYTES, 0, 0, 0, TCP]) : Buffer.from([0, TCP, 0, TCP_BYTES]);
}

/** The Internet checksum (RFC 1071) over parts of even length. */
export function checksum(parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) for (let at = 0; at < part.length; at += 2) sum += part.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
