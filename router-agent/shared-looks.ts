import type { Os, RunResult } from './runner.ts';

/**
 * What is changed by their commands only, so that a look may be shared. Rules of nft are changed through a session too, and when that took effect is not
 * seen here.
 */
const SHARED = ['ip', 'wg'];
/** Answer at once, always. (`wg` asks a program where the kernel has no WireGuard, and that may hang.) */
const QUICK = ['ip', 'nft'];

interface Question {
  argv: readonly string[];
  answer(result: RunResult | Promise<RunResult>): void;
}

/**
 * The same machine, looked at with few programs: to start one costs the agent more than to read what it says, and nothing else happens meanwhile. Those who
 * ask the same at the same moment share one, and quick ones that are asked for together are run by one shell. A look that began before a change of ours
 * ended may not have seen it, and is shared with nobody who asks after it.
 */
export function sharedLooks(os: Os): Os {
  const underWay = new Map<string, Promise<RunResult>>();
  let together: Question[] = [];

  function query(...[argv, options]: Parameters<Os['query']>): Promise<RunResult> {
    const [program = ''] = argv;
    if (options !== undefined) return os.query(argv, options);
    if (!SHARED.includes(program)) return QUICK.includes(program) ? askTogether(argv) : os.query(argv);
    const key = argv.join('\0');
    const shared = underWay.get(key);
    if (shared !== undefined) return shared;
    const mine = (QUICK.includes(program) ? askTogether(argv) : os.query(argv)).finally(() => {
      if (underWay.get(key) === mine) underWay.delete(key);
    });
    underWay.set(key, mine);
    return mine;
  }

  function askTogether(argv: readonly string[]): Promise<RunResult> {
    if (together.length === 0)
      queueMicrotask(() => {
        const questions = together;
        together = [];
        void askAll(os, questions);
      });
    return new Promise((answer) => together.push({ argv, answer }));
  }

  return {
    ...os,
    query,
    change: (argv, options) => os.change(argv, options).finally(() => underWay.clear()),
    write(path, text) {
      underWay.clear();
      return os.write(path, text);
    },
  };
}

/** One that fails is asked again by itself: what it says on stderr is its own then. */
async function askAll(os: Os, questions: readonly Question[]): Promise<void> {
  const [first] = questions;
  if (first !== undefined && questions.length === 1) return first.answer(os.query(first.argv));
  const script = questions.map(({ argv }) => `${argv.map(quoted).join(' ')}; printf '\\000%d\\000' $?`).join('\n');
  const { stdout } = await os.query(['sh', '-c', script]);
  // A text and a code for each, and nothing after the last.
  const parts = stdout.split('\0');
  const isWhole = parts.length === 2 * questions.length + 1;
  for (const [index, { argv, answer }] of questions.entries()) {
    const [text = '', code] = parts.slice(2 * index);
    answer(isWhole && code === '0' ? { code: 0, stdout: text, stderr: '' } : os.query(argv));
  }
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
