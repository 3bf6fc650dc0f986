import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { codeOf, fail, messageOf, type Outcome, succeed } from './outcome.ts';
import { type ControlRequest, controlRequestSchema } from './status-schema.ts';

/** The socket through which `status` and `switch` talk to the running agent: one JSON line in, one out. */
export function controlPath(stateDir: string): string {
  return join(stateDir, 'agent.sock');
}

/** Bytes of a request; a longer one is not ours. */
const MAX_REQUEST = 4096;
const ANSWER_TIMEOUT_MS = 5000;

/** Serves requests until closed. A socket file that a killed agent left behind is replaced; the caller holds the site's lock. */
export async function serveControl(stateDir: string, answer: (request: ControlRequest) => Promise<unknown>): Promise<Outcome<Server>> {
  const path = controlPath(stateDir);
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_REQUEST) return socket.destroy();
      if (text.includes('\n')) void reply(text).then((line) => socket.end(`${line}\n`));
    });
  });
  async function reply(line: string): Promise<string> {
    const request = parseRequest(line);
    return JSON.stringify(request.ok ? await answer(request.value) : { ok: false, message: request.reason });
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    chmodSync(path, 0o600);
    return succeed(server);
  } catch (error) {
    return fail(`cannot listen on ${path} (${messageOf(error)}); \`status\` and \`switch\` will not work`);
  }
}

function parseRequest(line: string): Outcome<ControlRequest> {
  try {
    return succeed(controlRequestSchema.parse(JSON.parse(line)));
  } catch (error) {
    return fail(`not a request: ${messageOf(error)}`);
  }
}

/** Asks the running agent. */
export function askAgent(stateDir: string, request: ControlRequest): Promise<Outcome<unknown>> {
  const path = controlPath(stateDir);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('it does not answer')));
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', (error) => {
      const gone = codeOf(error) === 'ENOENT' || codeOf(error) === 'ECONNREFUSED';
      resolve(fail(gone ? `no agent runs here (nothing answers at ${path})` : `${path}: ${messageOf(error)}`));
    });
    socket.on('end', () => {
      try {
        resolve(succeed(JSON.parse(text)));
      } catch (error) {
        resolve(fail(`the agent's answer cannot be read: ${messageOf(error)}`));
      }
    });
  });
}
