import { adminToken } from './admin-token.ts';
import type { ServeOptions } from './arguments.ts';
import type { Cleanup } from './cleanup.ts';
import { type EdgeClient, edgeClient } from './client.ts';
import { type Edge, startEdge } from './edge.ts';
import { type FleetSource, seedFleet } from './fleet-source.ts';

export interface Opened {
  edge: Edge;
  client: EdgeClient;
  tokenCreated: boolean;
  /** What became of the fleet file; null without one. */
  seeded: string | null;
  warnings: string[];
}

/** The edge with its administrator's token, and its fleet when there is a source; `cleanup` ends it. Throws StartFailure. */
export async function openEdge(
  options: ServeOptions,
  source: FleetSource | null,
  cleanup: Cleanup,
  log: (line: string) => void,
): Promise<Opened> {
  const { token, created } = adminToken(options.adminTokenFile);
  const { host, port, persist } = options;
  const edge = await startEdge({ host, port, persistDir: persist, adminToken: token, env: process.env, log });
  cleanup.add(() => edge.stop());
  const client = edgeClient(edge.url, token);
  const seeded = source === null ? null : await seedFleet(client, source);
  return { edge, client, tokenCreated: created, seeded: seeded?.message ?? null, warnings: seeded?.warnings ?? [] };
}
