import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adminToken } from '../../../worker/local/admin-token.ts';
import { createCleanup } from '../../../worker/local/cleanup.ts';
import type { EdgeClient } from '../../../worker/local/client.ts';
import { readDeployment } from '../../../worker/local/deployment.ts';
import { readFleetFile, seedFleet } from '../../../worker/local/fleet-source.ts';
import { takeOwnership } from '../../../worker/local/owner.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'farwatch-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the administrator token', () => {
  test('is made once, readable by its owner only', () => {
    const file = join(directory, 'deep', 'admin-token');
    const first = adminToken(file);
    expect(first).toMatchObject({ created: true, token: expect.stringMatching(/^fwa_.{43}$/) });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(adminToken(file)).toEqual({ token: first.token, created: false });
  });

  test.each(['', 'short', 'two words of sufficient length'])('a file with %j is refused, and its content is not repeated', (text) => {
    const file = join(directory, 'token');
    writeFileSync(file, text);
    expect(() => adminToken(file)).toThrow(`${file} must hold one token`);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

describe('a fleet file', () => {
  const GOOD = '[fleet]\nname = "x"\n';

  function fakeClient(stored: boolean, changes: number) {
    const puts: boolean[] = [];
    const client = {
      hasFleet: async () => stored,
      putFleet: async (_text: string, _format: string, { dryRun }: { dryRun: boolean }) => {
        puts.push(dryRun);
        return { ok: true as const, version: 7, changes, warnings: [] };
      },
    } as unknown as EdgeClient;
    return { client, puts };
  }

  function source() {
    const file = join(directory, 'fleet.toml');
    writeFileSync(file, GOOD);
    return readFleetFile(file);
  }

  test('all its errors come at once, each with its path', () => {
    const file = join(directory, 'bad.toml');
    writeFileSync(file, '[fleet]\nname = ""\nplan = "gold"\n[probing]\nfall = 0\n');
    expect(() => readFleetFile(file)).toThrow(/3 errors; nothing was changed.*\/fleet\/name: .*\/fleet\/plan: .*\/probing\/fall: /s);
    expect(() => readFleetFile(join(directory, 'none.toml'))).toThrow('there is no file');
  });

  test('seeds an empty store', async () => {
    const { client, puts } = fakeClient(false, 3);
    expect((await seedFleet(client, source())).message).toContain("fleet's first version");
    expect(puts).toEqual([true, false]);
  });

  test('leaves a store that has it already alone', async () => {
    const { client, puts } = fakeClient(true, 0);
    expect((await seedFleet(client, source())).message).toContain('already');
    expect(puts).toEqual([true]);
  });

  test('becomes the next version of a store that differs, and says so', async () => {
    const { client, puts } = fakeClient(true, 2);
    expect((await seedFleet(client, source())).message).toContain('differs from the stored fleet in 2 places: it is version 7 now');
    expect(puts).toEqual([true, false]);
  });
});

describe('the state directory', () => {
  test('belongs to one edge at a time', async () => {
    const first = await takeOwnership(directory);
    await expect(takeOwnership(directory)).rejects.toThrow(`another Farwatch (process ${process.pid})`);
    first.release();
    (await takeOwnership(directory)).release();
  });

  test('is taken over from an owner that is gone, also when its process id lives again as another', async () => {
    for (const text of ['999999999 1', `${process.pid} 1`, 'nonsense', '']) {
      writeFileSync(join(directory, 'owner.pid'), text);
      (await takeOwnership(directory)).release();
    }
  });

  test('a process that is not workerd is never ended, whatever the pid file says', async () => {
    const innocent = spawn('sleep', ['60']);
    try {
      writeFileSync(join(directory, 'workerd.pid'), `${innocent.pid}\n`);
      (await takeOwnership(directory)).release();
      expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
      expect(existsSync(`/proc/${innocent.pid}`)).toBe(true);
    } finally {
      innocent.kill('SIGKILL');
      await once(innocent, 'exit');
    }
  });
});

test('cleanup undoes everything in the reverse order, also past a failure', async () => {
  const undone: number[] = [];
  const cleanup = createCleanup();
  cleanup.add(() => void undone.push(1));
  cleanup.add(() => {
    throw new Error('second');
  });
  cleanup.add(async () => void undone.push(3));
  await expect(cleanup.run()).rejects.toThrow('not everything could be stopped');
  expect(undone).toEqual([3, 1]);
});

test('the local edge runs what wrangler.toml deploys', () => {
  const { entry, objects, crons } = readDeployment();
  expect(entry).toMatch(/worker\/index\.ts$/);
  expect(objects).toEqual({
    FLEET: { className: 'Fleet', useSQLite: true },
    VANTAGE: { className: 'Vantage', useSQLite: true },
    SITE: { className: 'Site', useSQLite: true },
  });
  expect(crons).toEqual(['* * * * *']);
});
