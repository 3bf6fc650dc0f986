import { clientHello } from './client-hello.ts';
import { type Finding, measure, type Probe } from './probe.ts';
import { onSocket, readUntil } from './socket.ts';

/** A record's header (5 bytes) and the first byte of what it carries. */
const ENOUGH = 6;
const HANDSHAKE = 0x16;
const ALERT = 0x15;
const SERVER_HELLO = 0x02;

/**
 * The server answers a ClientHello in TLS: with a ServerHello, whatever its certificate, or with an alert. An alert counts as life: only a running TLS
 * stack sends one, and what it complains of (a name it does not know, a client certificate it wants, a version) is a matter between it and a
 * stranger, not a failure of the server. Silence, a close and any other bytes are failures.
 */
export const tls: Probe = (spec, { timeoutMs, hung }) =>
  measure(timeoutMs, (signal) =>
    onSocket(spec, { signal, hung }, async (line) => {
      await line.send(clientHello(spec.host));
      return judge(await readUntil(line, ENOUGH, () => false));
    }),
  );

function judge(bytes: Uint8Array): Finding {
  if (bytes.length === 0) return 'reset';
  const [type, major, , , , first] = bytes;
  const isRecord = bytes.length === ENOUGH && major === 0x03;
  return isRecord && ((type === HANDSHAKE && first === SERVER_HELLO) || type === ALERT) ? null : 'tls';
}
