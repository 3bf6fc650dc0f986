import { expect, test } from 'vitest';
import { sharedLooks } from '../../../router-agent/shared-looks.ts';
import { fakeOs } from './fake-os.ts';

const LOOK = ['ip', '-j', 'addr', 'show'];

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

test('those who ask the same at the same moment share one program; who asks later gets a new one', async () => {
  const { os, answers, finish } = scene();
  const both = Promise.all([os.query(LOOK), os.query(LOOK)]);
  expect(answers).toHaveLength(1);
  finish();
  expect((await both).map(({ stdout }) => stdout)).toEqual(['ip 1', 'ip 1']);
  const later = os.query(LOOK);
  finish();
  expect((await later).stdout).toBe('ip 2');
});

test('a look that began before a change is not for those who ask after it', async () => {
  const { os, finish } = scene();
  const before = os.query(LOOK);
  await os.change(['ip', 'link', 'del', 'dev', 'wg0']);
  const after = os.query(LOOK);
  finish();
  expect([(await before).stdout, (await after).stdout]).toEqual(['ip 1', 'ip 2']);
});

test("what nft's session may have changed, other questions, and those with input are asked by themselves", async () => {
  const { os, answers } = scene();
  for (const argv of [['nft', 'list'], ['nft', 'list'], LOOK, ['ip', 'rule']]) void os.query(argv);
  for (const _ of [1, 2]) void os.query(LOOK, { input: 'x' });
  expect(answers).toHaveLength(6);
});
