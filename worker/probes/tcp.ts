import { measure, type Probe } from './probe.ts';
import { onSocket } from './socket.ts';

/** Something accepts a connection on the port. A server whose process hangs still does: where the protocol is known, another kind sees more. */
export const tcp: Probe = (spec, { timeoutMs }) => measure(timeoutMs, (signal) => onSocket(spec.host, spec.port, signal, async () => null));
