import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** What would describe schemas as JSON Schema: a tenth of the whole file. The agent never asks for that. */
const DESCRIBERS = ['JSONSchemaGenerator', 'createStandardJSONSchemaMethod', 'createToJSONSchemaMethod', 'toJSONSchema'];

/** The methods of schemas that the agent calls, or that zod itself needs for them. Each of the others drags parts along that no bundler can know to be unused. */
const METHODS = 'catch check clone default max min nullable nullish optional parse refine regex safeParse'.split(' ');

/** What in zod's own text drags parts along that the agent has no use for, and what stands there instead. */
const LIGHTER: readonly [string, string][] = [
  // By way of the index the bundler takes the helpers as one whole.
  ['import { util } from "../core/index.js";', 'import * as util from "../core/util.js";'],
  ['core.util.constantCatch(', 'util.constantCatch('],
  // Writing a function for each schema pays off where thousands of objects are read a second, and costs memory.
  ['core.$ZodObjectJIT.init(', 'core.$ZodObject.init('],
  // For schemas that contain themselves.
  ['core.config({ memoizer: core.memoizer() });', ';'],
];

/**
 * Keeps zod small in the built agent: a schema carries all of its methods, used or not. One that is missing is noticed at once: schemas are made
 * when the program starts, and a test starts the built one.
 */
export const smallZod: Plugin = {
  name: 'small-zod',
  setup(bundler) {
    const contents = DESCRIBERS.map((name) => `export const ${name} = () => () => { throw new Error('the agent describes no schemas') };`);
    bundler.onLoad({ filter: /\/zod\/v4\/core\/(to-json-schema|json-schema-processors|json-schema-generator)\.js$/ }, () => ({
      contents: contents.join('\n'),
    }));
    bundler.onLoad({ filter: /\/zod\/v4\/classic\/schemas\.js$/ }, ({ path }) => ({ contents: withoutUnused(readFileSync(path, 'utf8')) }));
  },
};

/** A method of an object literal at the first level of indentation, as zod's own formatter writes it. */
const METHOD = /^ {4}(?:async )?(?<name>\w+)(?:\(|: (?:async )?function)[^\n]*\n(?: {8}[^\n]*\n)* {4}\},\n/gm;

/** What describes a schema as JSON Schema, a line each. */
const DESCRIPTION = /^ {4}inst\._zod\.processJSONSchema = .*;\n/gm;

function withoutUnused(source: string): string {
  const lighter = LIGHTER.reduce(replaceOne, source);
  return lighter.replace(DESCRIPTION, '').replace(METHOD, (text, name: string) => (METHODS.includes(name) ? text : ''));
}

/** Throws when it is not there: another version of zod needs another look. */
function replaceOne(source: string, [heavy, light]: readonly [string, string]): string {
  if (!source.includes(heavy)) throw new Error(`zod does not say \`${heavy}\` any more: see build-zod.ts`);
  return source.replace(heavy, light);
}
