import { createServer } from 'node:http';

/** A target that is always there: a vantage that cannot reach it is blind. */
export interface Witness {
  port: number;
  stop(): Promise<void>;
}

/** Answers on 127.0.0.1 at this port. */
export async function startWitness(port: number): Promise<Witness> {
  const server = createServer((_request, response) => response.end('here\n'));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
