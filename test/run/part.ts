import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';

export const ROOT = join(import.meta.dirname, '../..');

/** What a part of the tests came to. `notRun`: why nothing of it was run. */
export interface PartResult {
  passed: number;
  failed: number;
  notRun?: string;
  /** What failed and why, a line each: said again at the very end, where somebody looks who has only the end of a log. */
  complaints?: string[];
}

/** Runs a Node program and shows what it says; answers its exit code and its stdout. */
export function runNode(argv: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; stdout: string }> {
  const child = spawn(process.execPath, argv, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout }));
  });
}

/** The JavaScript file behind a command of a package that is installed here. */
export function commandOf(name: string, command = name): string {
  const require = createRequire(join(ROOT, 'package.json'));
  const file =
    require.resolve
      .paths(name)
      ?.map((directory) => join(directory, name, 'package.json'))
      .find(exists) ?? '';
  const { bin } = z.object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  const relative = typeof bin === 'string' ? bin : bin[command];
  if (relative === undefined) throw new Error(`${name} brings no command ${command}`);
  return join(dirname(file), relative);
}

function exists(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** One pass or fail: a command that says by its exit code whether all is well. */
export async function judged(argv: readonly string[]): Promise<PartResult> {
  const { code } = await runNode(argv);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

const vitestReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() })),
    }),
  ),
});

/** One project of vitest, by its JSON report. A file that cannot even be loaded, or a run that breaks off, is a failure too. */
export async function vitest(project: string): Promise<PartResult> {
  const directory = mkdtempSync(join(tmpdir(), 'farwatch-tests-'));
  const file = join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { code } = await runNode([commandOf('vitest'), 'run', '--project', project, ...reporters]);
    const report = exists(file) ? vitestReport.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : null;
    if (!report?.success) return { passed: 0, failed: 1 };
    const { numPassedTests, numFailedTests } = report.data;
    return { passed: numPassedTests, failed: Math.max(numFailedTests, code === 0 ? 0 : 1), complaints: complaintsOf(report.data) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function complaintsOf({ testResults }: z.infer<typeof vitestReport>): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    const file = name.replace(`${ROOT}/`, '');
    if (failed.length === 0) return message ? [`${file}: ${firstLine(message)}`] : [];
    return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages?.[0] ?? '')}`);
  });
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** A part's own summary: `NAME: N passed, N failed`, or `NAME NOT RUN` when it cannot run here. */
export function readCounts(name: string, code: number, stdout: string): PartResult {
  const counted = [...stdout.matchAll(new RegExp(`^${name}: (\\d+) passed, (\\d+) failed$`, 'gm'))].at(-1);
  const complaints = code === 0 ? [] : stdout.split('\n').filter((line) => COMPLAINT.test(line));
  if (counted !== undefined) return { passed: Number(counted[1]), failed: Math.max(Number(counted[2]), code === 0 ? 0 : 1), complaints };
  if (code === 0 && new RegExp(`^${name} NOT RUN`, 'm').test(stdout))
    return { passed: 0, failed: 0, notRun: 'this machine lacks what is listed above' };
  return { passed: 0, failed: 1, complaints };
}

/** How the parts say it: `lab FAILED: restart`, `PROMISE BROKEN` and the reasons below it, `SURVIVED`. */
const COMPLAINT = /FAILED|BROKEN|SURVIVED|^ +- /;
