import { connect } from 'node:net';
import { codeOf, messageOf } from '../outcome.ts';
import type { HeartbeatAddress } from './address.ts';
import type { Prober } from './prober.ts';

/**
 * An answer may come long after its deadline and still proves life. It is awaited for less than a second, because then the kernel would
 * send the SYN again and the answer could belong to either.
 */
const LIFETIME_MS = 950;

/**
 * A heartbeat is a TCP connection attempt: accepted and refused both prove the path. `source` names the tunnel device's own address;
 * an `ip rule from … to …` that the planner installs keeps such packets inside the tunnel (Node cannot bind to a device).
 */
export function tcpProber(target: HeartbeatAddress, source: () => string | null | undefined): Prober {
  return (answer) => {
    const localAddress = source();
    // Unbound it would take another way and prove nothing.
    if (localAddress === null) return failSoon(answer);
    const socket = connect({ host: target.host, port: target.port, localAddress, noDelay: true });
    const end = () => {
      clearTimeout(timer);
      socket.removeAllListeners();
      // What it still says is no news, but an error that nobody hears would end the process.
      socket.on('error', () => socket.destroy());
      // A reset instead of a FIN: five connections a second must leave no TIME_WAIT behind.
      socket.resetAndDestroy();
    };
    const timer = setTimeout(() => {
      end();
      answer({ ok: false, reason: 'no answer' });
    }, LIFETIME_MS);
    socket.once('connect', () => {
      end();
      answer({ ok: true });
    });
    socket.once('error', (error) => {
      end();
      answer(codeOf(error) === 'ECONNREFUSED' ? { ok: true } : { ok: false, reason: codeOf(error) ?? messageOf(error) });
    });
    return end;
  };
}

function failSoon(answer: Parameters<Prober>[0]): () => void {
  const timer = setImmediate(() => answer({ ok: false, reason: 'the tunnel has no address' }));
  return () => clearImmediate(timer);
}
