import { measure, type Probe } from './probe.ts';
import { onSocket, readUntil } from './socket.ts';

const DEFAULT_PREFIX = 'SSH-';

/** The server speaks first, and what it says begins with the expected text (SSH: RFC 4253 §4.2). */
export const banner: Probe = (spec, { timeoutMs, hung }) => {
  const expected = new TextEncoder().encode(spec.expectBody ?? DEFAULT_PREFIX);
  return measure(timeoutMs, (signal) =>
    onSocket(spec, { signal, hung }, async (line) => {
      const bytes = await readUntil(line, expected.length, (so) => so.length >= expected.length || !startsAs(so, expected));
      if (bytes.length === 0) return 'reset';
      return bytes.length >= expected.length && startsAs(bytes, expected) ? null : 'banner';
    }),
  );
};

/** Whether what has come so far agrees with what is expected. */
function startsAs(bytes: Uint8Array, expected: Uint8Array): boolean {
  return bytes.subarray(0, expected.length).every((byte, index) => byte === expected[index]);
}
