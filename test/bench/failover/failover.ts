import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { missing } from '../../lab/requirements.ts';
import type { Benchmark } from '../benchmark.ts';
import { figures } from './figures.ts';
import { BFD, keepalivedScript } from './rivals/registry.ts';
import { type Failure, failureSchema, type Turn, turnSchema } from './turn.ts';

const INSIDE = fileURLToPath(new URL('inside.ts', import.meta.url));
/** Beyond what the lab needs: what the rivals are made of. */
const PACKAGES = { keepalived: 'keepalived', bird: 'bird2', birdc: 'bird2', fping: 'fping' };

export const failover: Benchmark = {
  name: 'failover',
  story:
    'what a client notices when the Active VPS dies: Farwatch, keepalived, BIRD with BFD and a tracker like mwan3’s, in one lab by turns',
  trials: 20,
  lacks() {
    const lacking = missing(PACKAGES);
    return lacking.length === 0 ? null : lacking.join('; ');
  },
  async run(say, trials) {
    const { turns, failures } = await runInside(say, trials);
    return figures(turns, failures, { farwatch: 'Farwatch', bfd: BFD.name, script: keepalivedScript.name });
  },
};

interface Results {
  turns: Turn[];
  failures: Failure[];
}

/** @throws when it fails, or when something else than turns is said */
function runInside(say: (text: string) => void, trials: number): Promise<Results> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, INSIDE, `${trials}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const results: Results = { turns: [], failures: [] };
  createInterface({ input: child.stderr }).on('line', say);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const result = z.union([turnSchema, failureSchema]).parse(JSON.parse(line));
    if ('failed' in result) results.failures.push(result);
    else results.turns.push(result);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(results) : reject(new Error(`the lab ended with ${code}`))));
  });
}
