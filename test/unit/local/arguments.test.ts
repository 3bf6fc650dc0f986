import { describe, expect, test } from 'vitest';
import { parseServe, parseStart } from '../../../worker/local/arguments.ts';

function startOptions(...argv: string[]) {
  const parsed = parseStart(argv);
  if (parsed.kind !== 'run') throw new Error(`not accepted: ${JSON.stringify(parsed)}`);
  return parsed.options;
}

describe('npm run serve', () => {
  test('has defaults for everything', () => {
    expect(parseServe([])).toEqual({
      kind: 'run',
      options: { host: '127.0.0.1', port: 8787, persist: '.farwatch/edge', fleet: null, adminTokenFile: '.farwatch/edge/admin-token' },
    });
  });

  test('keeps the token beside the state, unless told where', () => {
    expect(parseServe(['--persist', 'x'])).toMatchObject({ options: { adminTokenFile: 'x/admin-token' } });
    expect(parseServe(['--persist', 'x', '--admin-token-file', 'y'])).toMatchObject({ options: { adminTokenFile: 'y' } });
  });

  test.each([
    [['--port', 'x'], '--port is "x"'],
    [['--port', '65536'], '--port is "65536"'],
    [['--port', '-1'], '--port'],
    [['--port'], '--port'],
    [['--prot', '1'], "Unknown option '--prot'"],
    [['extra'], "Unexpected argument 'extra'"],
    [['--persist', ''], '--persist is empty'],
    [['--seconds', '5'], "Unknown option '--seconds'"],
  ])('refuses %j, naming it', (argv, named) => {
    expect(parseServe(argv)).toMatchObject({ kind: 'wrong', message: expect.stringContaining(named) });
  });

  test('--help wins', () => {
    expect(parseServe(['--help'])).toEqual({ kind: 'help' });
    expect(parseStart(['-h'])).toEqual({ kind: 'help' });
  });
});

describe('npm start', () => {
  test('keeps the demo apart from the real fleet', () => {
    expect(startOptions()).toMatchObject({ persist: '.farwatch/demo', fleet: null, seconds: null, story: false, temporary: false });
    expect(startOptions('--fleet', 'f.toml')).toMatchObject({ persist: '.farwatch/edge', fleet: 'f.toml' });
  });

  test('plays the story on any free port and in a directory of its own, unless told', () => {
    expect(startOptions('--story')).toMatchObject({ port: 0, temporary: true });
    expect(startOptions('--story', '--port', '9000', '--persist', 'd')).toMatchObject({ port: 9000, persist: 'd', temporary: false });
  });

  test.each([
    [['--story', '--fleet', 'f.toml'], '--story'],
    [['--seconds', '0'], '--seconds is "0"'],
    [['--seconds', '1.5'], '--seconds is "1.5"'],
    [['--seconds', '86401'], '--seconds'],
  ])('refuses %j', (argv, named) => {
    expect(parseStart(argv)).toMatchObject({ kind: 'wrong', message: expect.stringContaining(named) });
  });
});
