import { describe, expect, test } from 'vitest';
import { type RunResult, systemOs } from '../../../router-agent/runner.ts';
import { sharedLooks } from '../../../router-agent/shared-looks.ts';
import { fakeOs } from './fake-os.ts';

const LOOK = ['wg', 'show', 'wg0', 'dump'];

/** A machine that answers a look when told to, with how many looks had begun by then. */
function scene() {
  const answers: (() => void)[] = [];
  const machine = fakeOs(() => undefined);
  machine.query = (argv) =>
    new Promise((resolve) => {
      const began = answers.length + 1;
      answers.push(() => resolve({ code: 0, stdout: `${argv[0]} ${began}`, stderr: '' }));
    });
  return { os: sharedLooks(machine), answers, finish: () => answers.forEach((answer) => void answer()) };
}

describe('the same look', () => {
  test('is one program for those who ask at the same moment; who asks later gets a new one', async () => {
    const { os, answers, finish } = scene();
    const both = Promise.all([os.query(LOOK), os.query(LOOK)]);
    expect(answers).toHaveLength(1);
    finish();
    expect((await both).map(({ stdout }) => stdout)).toEqual(['wg 1', 'wg 1']);
    const later = os.query(LOOK);
    finish();
    expect((await later).stdout).toBe('wg 2');
  });

  test('is not for those who ask after a change that it may not have seen', async () => {
    const { os, finish } = scene();
    const before = os.query(LOOK);
    await os.change(['ip', 'link', 'del', 'dev', 'wg0']);
    const after = os.query(LOOK);
    finish();
    expect([(await before).stdout, (await after).stdout]).toEqual(['wg 1', 'wg 2']);
  });

  test('is asked by itself with input, and where it is of another program', () => {
    const { os, answers } = scene();
    for (const argv of [['pgrep', 'x'], ['pgrep', 'x'], LOOK]) void os.query(argv);
    for (const _ of [1, 2]) void os.query(LOOK, { input: 'x' });
    expect(answers).toHaveLength(5);
  });
});

describe('looks that are asked for together', () => {
  /** The real machine, and what it was asked. */
  function counted() {
    const asked: string[] = [];
    const os = sharedLooks({
      ...systemOs,
      query(argv, options) {
        asked.push(argv[0] ?? '');
        return systemOs.query(argv, options);
      },
    });
    return { os, asked };
  }

  test('are one shell, each with its own answer', async () => {
    const { os, asked } = counted();
    const looks = [
      ['ip', '-j', 'addr', 'show', 'dev', 'lo'],
      ['ip', '-V'],
      ['ip', '-j', 'addr', 'show', 'dev', 'lo'],
    ];
    const [lo, version, again] = await Promise.all(looks.map((argv) => os.query(argv)));
    expect(asked).toEqual(['sh']);
    expect(JSON.parse(lo?.stdout ?? '')).toMatchObject([{ ifname: 'lo' }]);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ip utility/) });
    expect(again).toBe(lo);
  });

  test('what fails says why, and harms no other; no word of a question is more than a word', async () => {
    const { os, asked } = counted();
    const [wrong, version] = await Promise.all([
      os.query(['ip', 'addr', 'show', 'dev', "no'; echo such $(id)"]),
      os.query(['ip', '-V']),
    ] as const);
    expect(asked).toEqual(['sh', 'ip']);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain("no'; echo such $(id)");
    expect(version.code).toBe(0);
  });

  test('where there is no shell, each is asked by itself', async () => {
    const os = sharedLooks(
      fakeOs((line): Partial<RunResult> => (line.startsWith('sh ') ? { code: 127, stderr: 'no sh' } : { stdout: line })),
    );
    const both = await Promise.all([os.query(['ip', 'rule']), os.query(['nft', 'list'])]);
    expect(both.map(({ stdout }) => stdout)).toEqual(['ip rule', 'nft list']);
  });
});
