import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { codeOf, messageOf } from '../outcome.ts';
import type { HeartbeatAddress } from './address.ts';
import type { ProbeAnswer, Prober } from './prober.ts';

/** As long as a late answer still proves life; the same as over TCP. */
const LIFETIME_MS = 950;

/**
 * A heartbeat of a simulated tunnel: a datagram that must come back unchanged (RFC 862). A real tunnel's far end is a kernel that at least
 * refuses a connection; a stand-in on loopback shares our kernel, which accepts for it even while it is stopped. So only its own
 * answer counts here.
 */
export function echoProber(target: HeartbeatAddress): Prober {
  return (answer) => {
    const nonce = randomBytes(8);
    const socket = createSocket(isIPv6(target.host) ? 'udp6' : 'udp4');
    let ended = false;
    // The listeners stay: a socket that is still being bound closes by way of its own.
    const end = () => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      socket.close();
    };
    const finish = (result: ProbeAnswer) => {
      if (ended) return;
      end();
      answer(result);
    };
    const timer = setTimeout(() => finish({ ok: false, reason: 'no answer' }), LIFETIME_MS);
    socket.on('message', (message) => {
      if (message.equals(nonce)) finish({ ok: true });
    });
    socket.on('error', (error) => finish({ ok: false, reason: codeOf(error) ?? messageOf(error) }));
    // Connected: only the stand-in's own answers come in, and a refusal is an error.
    socket.on('connect', () => {
      if (!ended) socket.send(nonce);
    });
    socket.connect(target.port, target.host);
    return end;
  };
}
