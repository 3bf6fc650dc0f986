import type { Os, RunResult } from './runner.ts';

/** What is changed by their commands only. Rules of nft are changed through a session too, and when that took effect is not seen here. */
const SHARED = ['ip', 'wg'];

/**
 * The same machine, where those who ask the same at the same moment share one program: to start one costs the agent more than to read what it says. A look
 * that began before a change of ours ended may not have seen it, and is shared with nobody who asks after it.
 */
export function sharedLooks(os: Os): Os {
  const underWay = new Map<string, Promise<RunResult>>();

  function query(...[argv, options]: Parameters<Os['query']>): Promise<RunResult> {
    if (options !== undefined || !SHARED.includes(argv[0] ?? '')) return os.query(argv, options);
    const key = argv.join('\0');
    const shared = underWay.get(key);
    if (shared !== undefined) return shared;
    const mine = os.query(argv).finally(() => {
      if (underWay.get(key) === mine) underWay.delete(key);
    });
    underWay.set(key, mine);
    return mine;
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
