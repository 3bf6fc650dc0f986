import { aheadOf, COLUMNS, type Row } from './figures.ts';
import { NOTES } from './notes.ts';
import type { Result } from './pool.ts';
import type { System } from './system.ts';
import type { Mix } from './world/mixes.ts';

export interface Run {
  command: string;
  seed: string;
  hours: number;
  systems: readonly System[];
  mixes: readonly Mix[];
  results: readonly Result[];
}

/** The whole of docs/COMPARISON.md. Nothing in it is written by hand but the words. */
export function documentOf(run: Run): string {
  const { hours, systems, mixes } = run;
  return `# Comparison on the same traces

Written by \`${run.command}\` (seed ${run.seed}, ${hours.toLocaleString('en')} virtual hours for each system and each kind of trouble: ${(hours * systems.length * mixes.length).toLocaleString('en')} in all); do not edit.
The same command writes the same file on every machine.

${METHOD}
${mixes.map((mix) => mixSection(run, mix)).join('\n')}
## The rules that the others follow

${systems.map(ruleOf).join('\n')}
${LIMITS}`;
}

const METHOD = `A router with one uplink has tunnels to two servers: \`a\`, which is preferred, and \`b\`. A seeded world says what is true at every moment and what
becomes of every packet, by its time alone, so that all systems meet the same troubles however they look. The others are small models from their
documented rules and defaults (below); Farwatch is its own code. Everything runs on virtual time.

- **Left after**: from the moment at which the server that carries the traffic goes bad until it carries none. *never*: it was still in use when the
  trouble ended.
- **False failovers**: away from a server that serves well, or to one that does not. Per 1,000 hours, as all counts.
- **Failbacks**: traffic returns to the primary; **onto a bad primary**: in the middle of its trouble.
- **Seconds on a dead path**: traffic on a bad server, or on none at all, while another one served well. Shares count by their part.
`;

const LIMITS = `
## What this does not show

- Only the decision is compared. What a move does to connections is not: most of the others drop all of them or leave them on the dead path, and OMR
  restarts its services. The lab (\`npm run lab\`) measures what clients notice.
- The models are given what they need for free: no start of processes, no load, no late timers; their tunnels are warm, except for OMR's, which has no warm one.
- One uplink, two servers, round trips of 40 and 46 ms. With several uplinks OMR's tracker takes its time for each of them in turn.
- Settings are those that the projects document as defaults or examples. All of them can be made faster or more patient, at the price that the rows of
  the faster and the more patient ones show.
`;

function mixSection(run: Run, mix: Mix): string {
  const rows = run.systems.flatMap(({ id, name }): Row[] => {
    const result = run.results.find(({ system, mix: of }) => system === id && of === mix.id);
    return result === undefined ? [] : [{ id, name, score: result.score }];
  });
  const ahead = aheadOf('farwatch', rows);
  const lines = ahead.map(({ column, names }) => `- ${column.head}: ${names.join(', ')}`);
  const verdict =
    ahead.length === 0
      ? 'Nobody is ahead of Farwatch in any figure.'
      : `Ahead of Farwatch (with default settings) in\n\n${lines.join('\n')}`;
  return `## ${mix.name}

${mix.story} Right: ${mix.right}.

${tableOf(rows)}

${verdict}

${NOTES[mix.id] ?? ''}
`;
}

/** A Markdown table; figures that nothing can be said of are left out as a column. */
export function tableOf(rows: readonly Row[]): string {
  const columns = COLUMNS.filter((column) => rows.some(({ score }) => column.value(score) !== null));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.map(({ name, score }) => {
    const cells = columns.map((column) => {
      const value = column.value(score);
      return value === null ? '–' : column.show(value);
    });
    return line([name, ...cells]);
  });
  return [line(['', ...columns.map(({ head }) => head)]), line(['---', ...columns.map(() => '---:')]), ...body].join('\n');
}

function ruleOf({ name, rule, sources }: System): string {
  return `**${name}.** ${rule} *Sources: ${sources.join('; ')}.*\n`;
}
