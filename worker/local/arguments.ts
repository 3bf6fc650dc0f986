import { type ParseArgsConfig, parseArgs } from 'node:util';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 8787;
/** The longest run that can be asked for, in seconds: a day. */
const MAX_SECONDS = 86_400;

export type Parsed<T> = { kind: 'run'; options: T } | { kind: 'help' } | { kind: 'wrong'; message: string };

export interface ServeOptions {
  host: string;
  port: number;
  persist: string;
  fleet: string | null;
  /** Default: `admin-token` in the state directory. */
  adminTokenFile: string;
}

export interface StartOptions extends ServeOptions {
  /** Stop by itself after this many seconds; null: run until Ctrl-C. */
  seconds: number | null;
  story: boolean;
  /** The state directory is ours to delete at the end. */
  temporary: boolean;
}

const COMMON = {
  host: { type: 'string' },
  port: { type: 'string' },
  persist: { type: 'string' },
  fleet: { type: 'string' },
  'admin-token-file': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** The arguments of `npm run serve`. */
export function parseServe(argv: readonly string[]): Parsed<ServeOptions> {
  return guarded(() => {
    const { values } = parseArgs({ args: [...argv], options: COMMON });
    if (values.help) return { kind: 'help' };
    return common(values, '.farwatch/edge');
  });
}

/** The arguments of `npm start`. */
export function parseStart(argv: readonly string[]): Parsed<StartOptions> {
  return guarded((): Parsed<StartOptions> => {
    const { values } = parseArgs({ args: [...argv], options: { ...COMMON, seconds: { type: 'string' }, story: { type: 'boolean' } } });
    if (values.help) return { kind: 'help' };
    const story = values.story ?? false;
    if (story && values.fleet !== undefined) return wrong('--story plays on the demo fleet: it does not go with --fleet');
    // The story asks for nothing but its own end: any free port will do, so that it runs beside another Farwatch.
    const parsed = common(
      { ...values, port: values.port ?? (story ? '0' : undefined) },
      values.fleet === undefined ? '.farwatch/demo' : '.farwatch/edge',
    );
    if (parsed.kind !== 'run') return parsed;
    const seconds = values.seconds === undefined ? null : wholeNumber(values.seconds, 1, MAX_SECONDS);
    if (seconds === undefined) return wrong(`--seconds is "${values.seconds}", but must be a whole number from 1 to ${MAX_SECONDS}`);
    return { kind: 'run', options: { ...parsed.options, seconds, story, temporary: story && values.persist === undefined } };
  });
}

interface CommonValues {
  host?: string | undefined;
  port?: string | undefined;
  persist?: string | undefined;
  fleet?: string | undefined;
  'admin-token-file'?: string | undefined;
}

function common(values: CommonValues, defaultPersist: string): { kind: 'run'; options: ServeOptions } | { kind: 'wrong'; message: string } {
  const port = wholeNumber(values.port ?? String(DEFAULT_PORT), 0, 65_535);
  if (port === undefined) return wrong(`--port is "${values.port}", but must be a whole number from 0 (any free one) to 65535`);
  const persist = values.persist ?? defaultPersist;
  for (const [name, value] of Object.entries(values)) if (value === '') return wrong(`--${name} is empty`);
  return {
    kind: 'run',
    options: {
      host: values.host ?? DEFAULT_HOST,
      port,
      persist,
      fleet: values.fleet ?? null,
      adminTokenFile: values['admin-token-file'] ?? `${persist}/admin-token`,
    },
  };
}

function wrong(message: string): { kind: 'wrong'; message: string } {
  return { kind: 'wrong', message };
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** Node's own complaints about arguments (unknown option, missing value) as an answer. */
function guarded<T>(parse: () => Parsed<T>): Parsed<T> {
  try {
    return parse();
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      const [sentence = ''] = error.message.split(/\. (?=To specify|[A-Z])/);
      return wrong(sentence);
    }
    throw error;
  }
}
