import { CLIENT_ADDRESSES, CLIENT_ADDRESSES6, INET_ADDRESS, INET_ADDRESS6 } from '../topology.ts';

/** With the argument `6` a tool of the client measures by IPv6. */
const SIX = process.argv[2] === '6';

export const UDP_TYPE = SIX ? 'udp6' : 'udp4';
export const TARGET = SIX ? INET_ADDRESS6 : INET_ADDRESS;
export const CLIENTS = SIX ? CLIENT_ADDRESSES6 : CLIENT_ADDRESSES;
