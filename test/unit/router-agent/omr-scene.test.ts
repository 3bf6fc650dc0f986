import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { missing, searchPath } from '../../lab/requirements.ts';

/*
 * The agent and a stand-in OpenMPTCProuter, in namespaces of its own. What the machine lacks is said loudly; with CI=true it is a failure.
 */
const lacks = missing();

if (lacks.length > 0 && process.env.CI !== 'true') {
  process.stderr.write(
    `\nNOT TESTED: the agent on an OpenMPTCProuter. This machine lacks:\n${lacks.map((lack) => `  - ${lack}\n`).join('')}\n`,
  );
  test('what the test of OpenMPTCProuter lacks has been said', () => expect(lacks).not.toEqual([]));
} else {
  test('on an OpenMPTCProuter: a dead VPS is left by uci, a move that kill -9 interrupted is done again, and the way back is one move', async () => {
    expect(lacks).toEqual([]);
    const namespaces = ['-mnp', '--fork', '--kill-child', '--mount-proc'];
    const scene = join(import.meta.dirname, 'omr-scene.ts');
    const { stdout } = await promisify(execFile)('unshare', [...namespaces, process.execPath, scene], {
      env: { ...process.env, PATH: searchPath() },
      timeout: 90_000,
    });
    const whole = ['openmptcprouter-vps restart', 'shadowsocks-rust restart', 'openvpn restart omr'];
    expect(JSON.parse(stdout)).toEqual({
      check: 0,
      atRest: [],
      interrupted: whole.slice(0, 1),
      afterMove: whole,
      moved: ["'1'", "'0'", "'198.51.100.2'", "'198.51.100.2'"],
      home: ["'1'", "'198.51.100.1'"],
      exit: 0,
      teardown: 0,
    });
  }, 120_000);
}
