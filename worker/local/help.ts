import { DEFAULT_HOST, DEFAULT_PORT } from './arguments.ts';

export const START_HELP = `Usage: npm start -- [options]

Runs Farwatch on this machine: the edge, a demo fleet of stand-in VPSs on loopback that really answer, and a router agent with simulated tunnels.

  --fleet FILE          watch your own servers instead (.toml or .json)
  --story               fail the preferred VPS, show the failover, recover it, show the way back; exit 0 only if all of it happened
  --host H              address to listen on (default ${DEFAULT_HOST}; 0.0.0.0: all)
  --port N              port (default ${DEFAULT_PORT}; 0: any free one, which is --story's default)
  --persist DIR         where the state lives (default .farwatch/demo, with --fleet .farwatch/edge, with --story a temporary directory)
  --admin-token-file F  the administrator's token; made (mode 0600) if it is not there (default DIR/admin-token)
  --seconds N           stop by itself after N seconds
  --help                this text

Ctrl-C ends all of it. Exit codes: 0 done, 1 it could not start or the story did not happen, 2 wrong usage.
`;

/** How to connect a router, for who watches servers of their own. */
export function connectHelp(url: string, tokenFile: string, sites: readonly { id: string; servers: readonly string[] }[]): string[] {
  const [site] = sites;
  if (site === undefined) return ['The fleet has no [[site]] yet: servers are watched, no router is directed.'];
  const tunnels = site.servers.map((server) => `[[tunnel]] server = "${server}" …`).join(', ');
  return [
    `To connect the router of site "${site.id}": make a token for it (shown once),`,
    `  curl -X POST -H "Authorization: Bearer $(cat ${tokenFile})" ${url}/admin/v1/sites/${site.id}/tokens`,
    `write it to a file there, name that file as token_file in the agent's file (edge = "${url}", site = "${site.id}", ${tunnels}), and run`,
    '  npm run agent -- check --config agent.toml && npm run agent -- run --config agent.toml',
  ];
}
