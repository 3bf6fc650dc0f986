import { measure, type Probe } from './probe.ts';
import { onSocket } from './socket.ts';

/** Something accepts a connection on the port. A server whose process hangs still does: where the protocol is known, another kind sees more. */
export const tcp: Probe = (spec, { timeoutMs, hung }) => measure(timeoutMs, (signal) => onSocket(spec, { signal, hung }, async () => null));
