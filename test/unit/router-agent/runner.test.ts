import { expect, test } from 'vitest';
import { systemOs } from '../../../router-agent/runner.ts';

test('a daemon that keeps its output open does not keep us', async () => {
  const done = await systemOs.query(['sh', '-c', 'sleep 30 & echo started $!'], { timeoutMs: 20_000 });
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('started') });
  process.kill(Number(done.stdout.split(' ')[1]), 'SIGKILL');
});

test('what does not end in time is ended, with all that it started', async () => {
  const done = await systemOs.query(['sh', '-c', 'sleep 31 & echo $!; wait'], { timeoutMs: 300 });
  expect(done.code).toBe(124);
  const { stdout } = await systemOs.query(['ps', '-o', 'stat=', '-p', done.stdout.trim()]);
  expect(stdout.trim()).toMatch(/^(Z.*)?$/);
});

test('a program that is not there is said to be missing', async () => {
  expect(await systemOs.query(['no-such-program-here'])).toMatchObject({
    code: 127,
    stderr: expect.stringContaining('no-such-program-here'),
  });
});
