import { Lines } from '../../worker/engine/lines.ts';
import { Replay } from '../../worker/engine/replay.ts';
import { TraceReader } from '../../worker/engine/trace.ts';
import { engineRules } from '../../worker/fleet-file/engine-rules.ts';
import { readFleet } from '../../worker/fleet-file/read.ts';
import type { Decision } from './decision.ts';

/**
 * What `npm run -s replay` prints for this fleet file and trace, byte for byte, without a process of its own: it runs also inside workerd.
 * @throws when the fleet or a line is refused
 */
export function replayText(fleetJson: string, trace: string): string {
  const read = readFleet(fleetJson, 'json', { allowPrivate: true });
  if (!read.ok) throw new Error(`fleet: ${JSON.stringify(read.errors)}`);
  const rules = engineRules(read.fleet);
  let out = '';
  const run = new Replay(rules, (effect) => {
    out += `${JSON.stringify(effect)}\n`;
  });
  const reader = new TraceReader(rules);
  const lines = new Lines();
  lines.push(new TextEncoder().encode(trace));
  lines.end();
  for (let next = lines.next(); next !== 'more'; next = lines.next()) {
    if (next === 'too-long') throw new Error(`line ${lines.number} is too long`);
    const line = reader.read(lines.bytes, lines.from, lines.to);
    if (!line.ok) throw new Error(`line ${lines.number}: ${line.error}`);
    run.feed(line.t, line.event);
  }
  run.end();
  return out;
}

export function decisionsOf(output: string): Decision[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Decision);
}
