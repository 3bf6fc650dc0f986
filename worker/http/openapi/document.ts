import * as z from 'zod/mini';
import { EXAMPLES } from './examples.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { ANSWERED, type SchemaName, SENT } from './schemas.ts';

/** OpenAPI 3.1 (its schemas are JSON Schema 2020-12, which zod writes). The same for every reader of one `origin`. */
export function openapi(origin: string): Record<string, unknown> {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Farwatch',
      version: '1',
      summary: 'Failover between VPSs for a multi-WAN router',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: origin }],
    tags: ['public', 'agent', 'server', 'admin'].map((name) => ({ name })),
    paths: pathsOf(OPERATIONS),
    components: {
      schemas: schemas(),
      responses: Object.fromEntries(Object.entries(PROBLEMS).map(([status, description]) => [`Problem${status}`, problemOf(description)])),
      securitySchemes: mapValues(TOKENS, (description) => ({ type: 'http', scheme: 'bearer', description })),
    },
  };
}

const TOKENS = {
  agent: "The token of a site's agent: fws_<site>_…",
  server: 'The token of a server: fwv_<server>_…',
  admin: "The administrator's token",
};

const PROBLEMS: Readonly<Record<number, string>> = {
  401: 'No token, or a wrong one',
  403: 'A token of another site',
  404: 'There is no such thing',
  409: 'Not possible as things are',
  412: 'It has changed meanwhile',
  413: 'More than 64 KiB',
  415: 'Another media type than the route reads',
  422: 'What is wrong with the body, all of it',
  429: 'Too many wrong tokens from this address',
  502: 'The service on the other side did not take it',
  503: 'Not now: try again',
};

/** Schemas are made once: they do not change while the Worker runs. */
let made: Record<string, unknown> | undefined;

function schemas(): Record<string, unknown> {
  const all = made ?? {
    ...mapValues(SENT, (schema) => jsonSchema(schema, 'input')),
    ...mapValues(ANSWERED, (schema) => jsonSchema(schema, 'output')),
  };
  made = all;
  return all;
}

function mapValues<T>(record: Record<string, T>, change: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Without the dialect's name, which OpenAPI 3.1 has by default. What a schema computes (a default name) reads as anything. */
function jsonSchema(schema: z.ZodMiniType, io: 'input' | 'output'): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function pathsOf(operations: readonly Operation[]): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) paths[operation.path] = { ...paths[operation.path], [operation.method]: described(operation) };
  return paths;
}

function described(operation: Operation): Record<string, unknown> {
  const { method, path, summary, who, sends } = operation;
  return {
    operationId: `${method}${path.replace(/[^a-zA-Z0-9]+(.?)/g, (_, next: string) => next.toUpperCase())}`,
    summary,
    tags: [who],
    security: who === 'public' ? [] : [{ [who]: [] }],
    parameters: parametersOf(operation),
    ...(sends === undefined ? {} : { requestBody: requestBody(sends) }),
    responses: { ...answersOf(operation), ...errorsOf(operation) },
  };
}

function parametersOf({ path, query = {} }: Operation): unknown[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return [
    ...inPath,
    ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } })),
  ];
}

function requestBody({ schema, types = ['application/json'], optional = false }: NonNullable<Operation['sends']>): unknown {
  const content = types.map((type) => [type, type === 'application/json' ? media(schema) : text(type)]);
  return { required: !optional, content: Object.fromEntries(content) };
}

/** How each kind of text begins. */
const TEXTS: Readonly<Record<string, string>> = {
  'application/toml': '[fleet]\nname = "Home"\n\n[[server]]\nid = "frankfurt"\naddress = "198.51.100.1"\npreset = "omr"\n',
  'text/html': '<!doctype html>\n<html lang="en">…',
  'text/css': ':root { … }',
  'text/javascript': '(() => { … })();',
  'text/plain': 'probe_success{target="frankfurt",region="weur",check="0"} 1\n',
  'application/atom+xml': '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">…</feed>\n',
  'image/svg+xml': '<svg xmlns="http://www.w3.org/2000/svg">…</svg>\n',
};

function text(type: string): unknown {
  return { schema: { type: 'string' }, example: TEXTS[type] };
}

function media(schema: SchemaName): unknown {
  return { schema: { $ref: `#/components/schemas/${schema}` }, example: EXAMPLES[schema] };
}

function answersOf({ answers }: Operation): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const description = SUCCESS[Number(status)] ?? 'Done';
      if (answer === null) return [status, { description }];
      const type = answer.type ?? 'application/json';
      return [status, { description, content: { [type]: 'schema' in answer ? media(answer.schema) : text(type) } }];
    }),
  );
}

const SUCCESS: Readonly<Record<number, string>> = {
  200: 'Here it is',
  201: 'Made',
  204: 'Done, or nothing new',
  304: 'You have it already',
};

function errorsOf({ who, sends, query, errors = [] }: Operation): Record<string, unknown> {
  const token = who === 'public' ? [] : [401, 429, ...(who === 'admin' ? [503] : [])];
  const body = sends === undefined ? [] : [413, 415, 422];
  const all = new Set([...token, ...body, ...(query === undefined ? [] : [422]), ...errors]);
  return Object.fromEntries([...all].sort().map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]));
}

function problemOf(description: string): unknown {
  return { description, content: { 'application/problem+json': media('Problem') } };
}
