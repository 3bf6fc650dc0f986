import { createServer, type Server } from 'node:http';

interface Received {
  path: string;
  headers: Record<string, unknown>;
  body: string;
}

interface Box {
  received: Received[];
  /** What is answered next; then 200. */
  answers: { status: number; headers?: Record<string, string>; body?: string; hang?: boolean }[];
}

/**
 * Takes notifications like a service. `POST /BOX/…` is one; `GET /BOX` lists what came; `PUT /BOX` with a list of answers says what the next ones get,
 * one each.
 */
export function hookServer(): Server {
  const boxes = new Map<string, Box>();
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const name = path.split(/[/?]/)[1] ?? '';
    const box = boxes.get(name) ?? { received: [], answers: [] };
    boxes.set(name, box);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (request.method === 'GET') return void response.end(JSON.stringify(box.received));
    if (request.method === 'PUT') {
      box.answers = JSON.parse(body) as Box['answers'];
      return void response.end();
    }
    box.received.push({ path, headers: request.headers, body });
    const answer = box.answers.shift() ?? { status: 200 };
    if (answer.hang === true) return;
    response.writeHead(answer.status, answer.headers).end(answer.body ?? 'ok');
  });
  // A connection that closes just as the next request comes would look like a service that is away.
  server.keepAliveTimeout = 60_000;
  return server;
}
