import { spawnSync } from 'node:child_process';
import { ROOT } from './deployment.ts';

const HELP = `Deploys Farwatch's Worker to Cloudflare (wrangler deploy); what comes after -- goes to wrangler, e.g. --dry-run.

The first time:
  1. npx wrangler login                      opens a browser (on a server: set CLOUDFLARE_API_TOKEN instead)
  2. npm run deploy                          creates the Worker and its Durable Objects, and prints its URL
  3. npx wrangler secret put ADMIN_TOKEN     the administrator's token: without it the administration answers 503.
                                             A good one: ${'node -p "crypto.randomBytes(32).toString(\'base64url\')"'}
  4. curl -X PUT -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/toml" --data-binary @fleet.toml https://…/admin/v1/fleet
Secrets that the fleet file names as \${NAME}: npx wrangler secret put NAME
`;

/** Wrangler stays quiet about itself, and sends nothing but the deployment. */
const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
};

function main(argv: string[]): number {
  console.log(HELP);
  if (argv.includes('--help') || argv.includes('-h')) return 0;
  // Not through npx: it would fetch another version where node_modules is missing.
  const wrangler = `${ROOT}node_modules/wrangler/bin/wrangler.js`;
  const { status, error } = spawnSync(process.execPath, [wrangler, 'deploy', ...argv], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...QUIET },
  });
  if (error !== undefined) throw error;
  if (status === 0 && !argv.includes('--dry-run'))
    console.log('\nDeployed. Step 3 (ADMIN_TOKEN) is needed once; then PUT your fleet file (step 4).');
  if (status !== 0) console.error('\nWrangler did not deploy. Not signed in? Step 1 above.');
  return status ?? 1;
}

process.exitCode = main(process.argv.slice(2));
