import { connect } from 'cloudflare:sockets';
import type { CheckSpec } from '../objects/contract.ts';
import type { HungConnects } from './hung.ts';
import { type Finding, type ProbeReason, reasonOf } from './probe.ts';

/** What a look at an open connection may do. */
export interface Line {
  send(bytes: Uint8Array): Promise<void>;
  /** The next bytes; null when the other side has ended. */
  read(): Promise<Uint8Array | null>;
}

/**
 * Connects, looks, and closes whatever happens: at the end of the look, on an error, or when `signal` is aborted. Where too many connects hang already
 * it does not begin.
 *
 * @throws what the runtime throws when it cannot connect or the connection breaks.
 */
export async function onSocket(
  { host, port }: Pick<CheckSpec, 'host' | 'port'>,
  { signal, hung }: { signal: AbortSignal; hung: HungConnects | undefined },
  look: (line: Line) => Promise<Finding>,
): Promise<Finding> {
  if (hung?.isFull(Date.now())) return 'crowded';
  const socket = connect({ hostname: host.includes(':') ? `[${host}]` : host, port }, { secureTransport: 'off', allowHalfOpen: false });
  // Every promise of a socket rejects when it breaks. The look reports the first; the others have nobody else to tell.
  socket.closed.catch(ignore);
  let isOpening = true;
  const close = () => {
    if (isOpening) hung?.note(Date.now());
    isOpening = false;
    void socket.close().catch(ignore);
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    const refusal = await socket.opened.then(
      () => null,
      (error: unknown) => whyNot(host, error),
    );
    isOpening = false;
    if (refusal !== null) return refusal;
    const reader = socket.readable.getReader();
    const writer = socket.writable.getWriter();
    writer.closed.catch(ignore);
    reader.closed.catch(ignore);
    return await look({
      send: (bytes) => writer.write(bytes),
      read: async () => {
        const { value, done } = await reader.read();
        return done ? null : (value as Uint8Array);
      },
    });
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/**
 * The runtime says the same of a refusal, of an unreachable network and of a name that does not resolve. With an address there is no name to
 * resolve, so that what comes back before the deadline is a refusal, by the server or by the network in front of it.
 */
function whyNot(host: string, error: unknown): ProbeReason {
  const reason = reasonOf(error);
  return reason === 'error' && isAddress(host) ? 'refused' : reason;
}

/** Whether this is an IP address and not a name. */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

/** Reads until `enough` says yes or the other side ends, and at most `limit` bytes. */
export async function readUntil(line: Line, limit: number, enough: (bytes: Uint8Array) => boolean): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  while (bytes.length < limit && !enough(bytes)) {
    const chunk = await line.read();
    if (chunk === null) break;
    bytes = concat(bytes, chunk.subarray(0, limit - bytes.length));
  }
  return bytes;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function ignore(): void {
  return;
}
