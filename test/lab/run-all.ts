import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { missing } from './requirements.ts';
import { SCENARIOS } from './scenarios/registry.ts';
import type { Scenario } from './scenarios/scenario.ts';

/*
 * Scenarios one after the other (they measure time, so they must not take it from each other), for `npm test`: those that carry the product's main
 * promises, with CI=true the others too. The last line is `N passed, N failed`, or what is missing. Exit code 1: a promise was broken, or, with CI=true,
 * something is missing.
 */

const CI = process.env.CI === 'true';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Runs one scenario as a user would; its table is shown as it is, its progress only when it fails. */
function runOne({ name, trials }: Scenario): Promise<boolean> {
  const startedMs = Date.now();
  const argv = ['--pdeathsig', 'KILL', process.execPath, MAIN, name, '--trials', `${CI ? trials.inCi : trials.inTests}`];
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
  process.exit(CI ? 1 : 0);
}
const chosen = SCENARIOS.filter(({ trials }) => (CI ? trials.inCi : trials.inTests) > 0);
const left = SCENARIOS.filter((scenario) => !chosen.includes(scenario)).map(({ name }) => name);
console.log(`lab: ${chosen.length} scenarios. Only ${CI ? 'by hand' : 'with CI=true or by hand'}: ${left.join(', ')}`);
let passed = 0;
for (const scenario of chosen) if (await runOne(scenario)) passed += 1;
console.log(`lab: ${passed} passed, ${chosen.length - passed} failed`);
process.exit(passed === chosen.length ? 0 : 1);
