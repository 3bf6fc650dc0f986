import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { missing } from './requirements.ts';
import { SCENARIOS } from './scenarios/registry.ts';
import type { Scenario } from './scenarios/scenario.ts';

/*
 * All scenarios, one after the other (they measure time, so they must not take it from each other), for `npm test`. The last line is `N passed, N
 * failed`, or what is missing. Exit code 1: a promise was broken, or, with CI=true, something is missing.
 */

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Runs one scenario as a user would; its table is shown as it is, its progress only when it fails. */
function runOne({ name, trials }: Scenario): Promise<boolean> {
  const startedMs = Date.now();
  const argv = ['--pdeathsig', 'KILL', process.execPath, MAIN, name, '--trials', `${trials.inTests}`];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(0);
      console.log(`lab ${code === 0 ? 'passed' : 'FAILED'}: ${name} (${seconds} s)\n${indent(stdout)}`);
      if (code !== 0) console.log(indent(stderr));
      resolve(code === 0);
    });
  });
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '    ');
}

const lacking = missing();
if (lacking.length > 0) {
  console.log(`lab NOT RUN: this machine lacks\n${lacking.map((line) => `  - ${line}`).join('\n')}`);
  process.exit(process.env.CI === 'true' ? 1 : 0);
}
const short = SCENARIOS.filter(({ trials }) => trials.inTests > 0);
let passed = 0;
for (const scenario of short) if (await runOne(scenario)) passed += 1;
console.log(`lab: ${passed} passed, ${short.length - passed} failed`);
process.exit(passed === short.length ? 0 : 1);
