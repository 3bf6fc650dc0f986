import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/*
 * Who may import whom. Each rule stands with its reason; an import that breaks one is named with its file.
 */

const ROOT = resolve(import.meta.dirname, '../..');

interface Rule {
  from: RegExp;
  mayImport: RegExp;
  because: string;
}

const RULES: Rule[] = [
  {
    from: /^worker\/engine\/(?!replay-cli\.ts)/,
    mayImport: /^(worker\/engine\/|worker\/protocol\/|zod\/mini$)/,
    because: 'the judge is pure: the same code decides in the Durable Object, the agent, the simulator and replay, so it knows no platform',
  },
  {
    from: /^worker\/engine\/(site|fleet|vantage|step|standing|failover|failback|hold|override|cold-start|upkeep|allocate|damping|vrrp)/,
    mayImport: /^worker\/(engine|protocol\/health\.ts)/,
    because: 'deciding needs no parser and no library',
  },
  {
    from: /^worker\/protocol\//,
    mayImport: /^(worker\/protocol\/|zod\/(mini|locales)$)/,
    because: 'the wire is what both ends share: it drags nothing along',
  },
  {
    from: /^worker\/fleet-file\//,
    mayImport: /^(worker\/(fleet-file|protocol|engine)\/|worker\/objects\/contract\.ts|zod\/mini$|smol-toml$)/,
    because: 'a fleet file is read the same way in Node and in workerd',
  },
  {
    from: /^worker\/history\//,
    mayImport: /^(worker\/(history|protocol)\/|zod\/mini$)/,
    because: 'the past is arithmetic on spans and counts: the same in a test and in the Durable Object, with no clock and no storage',
  },
  {
    from: /^worker\/budget\//,
    mayImport: /^worker\/(budget\/|fleet-file\/|objects\/(contract|cadence)\.ts|probes\/pool\.ts)/,
    because: 'a budget is arithmetic on a fleet file, the same in Node and in workerd: of the objects it knows how often they do what',
  },
  {
    from: /^worker\/status\//,
    mayImport: /^(worker\/(status|protocol)\/|hono(\/|$))/,
    because: 'the page sees the allow-list projection only, never the private configuration',
  },
  {
    from: /^worker\/admin\//,
    mayImport: /^(worker\/(admin|status|protocol)\/|worker\/objects\/contract\.ts|hono(\/|$))/,
    because: "people's controls are pages only: what they do is done by the routes, through the objects' contract",
  },
  {
    from: /^worker\/notify\//,
    mayImport: /^(worker\/(notify|protocol)\/|worker\/fleet-file\/(schema|address)\.ts|zod\/mini$)/,
    because: 'a channel turns a message into requests: it knows no storage, and of the configuration only its own URL',
  },
  {
    from: /^router-agent\//,
    mayImport: /^(router-agent\/|worker\/(protocol|engine)\/|node:|zod\/mini$|smol-toml$|esbuild$|package\.json$)/,
    because: 'the agent is one small file on plain Node: of the edge it knows the wire and the judge',
  },
  {
    from: /^worker\/(?!local\/|engine\/replay-cli\.ts)/,
    mayImport: /^(?!node:|router-agent\/|worker\/local\/|test\/)/,
    because: 'what is deployed runs in workerd: no Node modules, nothing of the router, nothing of the local host',
  },
  { from: /^(worker|router-agent)\//, mayImport: /^(?!test\/)/, because: 'no test switches in production code' },
  {
    from: /^(worker|router-agent)\//,
    mayImport: /^(?!zod(\/|$)(?!(mini|locales)$))/,
    because:
      'zod/mini only: of its functions those come along that are called; one import of zod brings all methods (7 KiB of the Worker, gzipped)',
  },
];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** What a file imports: paths from the root for our own files, bare names for the rest. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = (TYPES_ERASED.test(file) ? text.replace(/^import type [^;]*;$/gm, '') : text).matchAll(
    /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/g,
  );
  return [...found].map(([, plain, dynamic]) => {
    const target = plain ?? dynamic ?? '';
    return target.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), target)) : target;
  });
}

/** The simulator's nodes are told of their world by its type only: what they import of it is erased. */
const TYPES_ERASED = /^test\/sim\//;

const FILES = ['worker', 'router-agent', 'test'].flatMap(sources);
const GRAPH = new Map(FILES.map((file) => [file, importsOf(file)]));

describe('imports', () => {
  for (const rule of RULES) {
    test(`${rule.from.source}: ${rule.because}`, () => {
      const broken = [...GRAPH]
        .filter(([file]) => rule.from.test(file))
        .flatMap(([file, targets]) =>
          targets.filter((target) => !rule.mayImport.test(target)).map((target) => `${file} imports ${target}`),
        );
      expect(broken).toEqual([]);
    });
  }

  test('there are no cycles: data flows one way', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: string[]): void => {
      if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
      if (done.has(file) || trail.includes(file)) return;
      for (const target of GRAPH.get(file) ?? []) if (GRAPH.has(target)) visit(target, [...trail, file]);
      done.add(file);
    };
    for (const file of FILES) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

describe('house style', () => {
  test('of Hono only the template comes along: its router would weigh 6 KB more', () => {
    const heavy = FILES.filter((file) => /from ['"]hono(?!\/html)/.test(readFileSync(join(ROOT, file), 'utf8')));
    expect(heavy.filter((file) => !file.endsWith('architecture.test.ts'))).toEqual([]);
  });

  test("zod comes as a namespace: a named import weighs 80 KB more (gzipped) in the Worker's bundle", () => {
    const named = FILES.filter(
      (file) =>
        /import \{ z \} from ['"]zod(\/mini)?['"]/.test(readFileSync(join(ROOT, file), 'utf8')) && !file.endsWith('architecture.test.ts'),
    );
    expect(named).toEqual([]);
  });

  test('the judge has no clock and no randomness of its own', () => {
    const impure = FILES.filter(
      (file) =>
        file.startsWith('worker/engine/') &&
        /\bDate\b|Math\.random|performance\.|setTimeout|\bfetch\(/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(impure).toEqual([]);
  });
});
