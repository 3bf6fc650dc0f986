import { createSocket } from 'node:dgram';
import { readDevice } from '../drivers/link.ts';
import { fail, type Outcome, succeed } from '../outcome.ts';
import { LINK_ALIAS, TICKLE_ADDRESS, TICKLE_DEVICE, TICKLE_MAC, TICKLE_PORT, TICKLE_VNI } from '../own.ts';
import { mustSucceed, type Os } from '../runner.ts';

const rpFilter = `/proc/sys/net/ipv4/conf/${TICKLE_DEVICE}/rp_filter`;

/**
 * The way for a program without raw sockets to hand the kernel a packet as if it had come in from somewhere: a VXLAN device that listens on
 * loopback unpacks our datagrams. It has no peer and sends nothing. Made once, it stays over restarts.
 */
export async function ensureTickleDevice(os: Os): Promise<Outcome<string | null>> {
  const there = await readDevice(os, TICKLE_DEVICE);
  if (there?.up && there.addresses.includes(`${TICKLE_ADDRESS}/32`) && os.read(rpFilter) !== '1') return succeed(null);
  const options = ['id', `${TICKLE_VNI}`, 'dstport', `${TICKLE_PORT}`, 'local', '127.0.0.1', 'nolearning'];
  const add = ['ip', 'link', 'add', 'dev', TICKLE_DEVICE, 'address', TICKLE_MAC, 'type', 'vxlan', ...options];
  // Without an IPv6 address of its own it also asks for no router. By itself, because together with `up` it would come too late.
  const quiet = ['ip', 'link', 'set', 'dev', TICKLE_DEVICE, 'alias', LINK_ALIAS, 'addrgenmode', 'none'];
  const up = ['ip', 'link', 'set', 'dev', TICKLE_DEVICE, 'up'];
  // A loose reverse-path filter lets nothing in by a device without any address.
  const address = ['ip', 'addr', 'replace', `${TICKLE_ADDRESS}/32`, 'dev', TICKLE_DEVICE, 'scope', 'host'];
  // An agent may have been killed between any two of them.
  for (const argv of [...(there === null ? [add] : []), quiet, address, up]) {
    const done = mustSucceed(argv, await os.change(argv));
    if (!done.ok) return fail(done.reason);
  }
  // The answers to these packets' addresses lie behind other devices.
  const loose = os.write(rpFilter, '2');
  return loose.ok ? succeed(`created ${TICKLE_DEVICE}`) : loose;
}

/** Where datagrams for the device go in. */
export interface TicklePort {
  send(datagram: Buffer): void;
  close(): void;
}

export function openTicklePort(): TicklePort {
  const socket = createSocket('udp4');
  // Without the device the kernel refuses them: then nobody is tickled, which is known already.
  socket.on('error', () => undefined);
  socket.unref();
  return {
    send: (datagram) => socket.send(datagram, TICKLE_PORT, '127.0.0.1'),
    close: () => void socket.close(),
  };
}
