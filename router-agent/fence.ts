import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { codeOf, fail, messageOf, type Outcome, succeed } from './outcome.ts';

/**
 * Two agents must not share a state or a kernel table. The lock is a socket in Linux's abstract namespace: the kernel frees it when its
 * process dies, however it dies, and it is scoped to the network namespace, as our rules are. Elsewhere (a Mac that tries the simulated
 * driver) there is nothing to protect, and no lock.
 */
export async function takeFences(stateDir: string, kernel: boolean): Promise<Outcome<() => void>> {
  if (process.platform !== 'linux') return succeed(() => undefined);
  const digest = createHash('sha256').update(realpathSync(stateDir)).digest('hex').slice(0, 16);
  const state = await takeLock(`farwatch-agent-${digest}`, `another agent runs with state_dir ${stateDir}`);
  if (!state.ok || !kernel) return state;
  const table = await takeLock('farwatch-agent-dataplane', "another agent steers this machine's traffic");
  if (!table.ok) {
    state.value();
    return table;
  }
  return succeed(() => {
    state.value();
    table.value();
  });
}

function takeLock(name: string, taken: string): Promise<Outcome<() => void>> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => resolve(fail(codeOf(error) === 'EADDRINUSE' ? `${taken}; stop it first` : messageOf(error))));
    server.listen(`\0${name}`, () => resolve(succeed(() => server.close())));
    server.unref();
  });
}
