import { readFileSync } from 'node:fs';
import { Lines } from '../../../worker/engine/lines.ts';
import { advance, type Event, emptyState, step as pureStep, type Rules } from '../../../worker/engine/step.ts';
import { TraceReader } from '../../../worker/engine/trace.ts';
import { engineRules } from '../../../worker/fleet-file/engine-rules.ts';
import { readFleet } from '../../../worker/fleet-file/read.ts';
import type { Benchmark } from '../benchmark.ts';
import { DAYS, writeTrace } from './trace.ts';

/** Copies are slow: a part of the instants says as much. */
const PURE_INSTANTS = 20_000;

interface Instant {
  t: number;
  events: Event[];
}

export const step: Benchmark = {
  name: 'step',
  story: `one instant of the whole judge (vantage, quorum, blame, election), over ${DAYS} days of evidence already read`,
  run() {
    const files = writeTrace();
    try {
      const rules = rulesOf(files.fleet);
      const instants = instantsOf(readFileSync(files.trace), rules);
      const inPlace = microseconds(instants, () => {
        const state = emptyState(rules);
        for (const { t, events } of instants) advance(state, rules, t, events);
      });
      const some = instants.slice(0, PURE_INSTANTS);
      const pure = microseconds(some, () => {
        let state = emptyState(rules);
        for (const instant of some) state = pureStep(state, rules, instant).state;
      });
      return [
        {
          what: 'one instant of the judge, in place',
          value: inPlace,
          unit: 'µs',
          better: 'lower',
          peer: { name: 'the same on a copy of the state', value: pure },
        },
      ];
    } finally {
      files.remove();
    }
  },
};

function rulesOf(file: string): Rules {
  const read = readFleet(readFileSync(file, 'utf8'), 'json', { allowPrivate: true });
  if (!read.ok) throw new Error(`the bench's fleet file: ${read.errors[0]?.message}`);
  return engineRules(read.fleet);
}

function instantsOf(trace: Uint8Array, rules: Rules): Instant[] {
  const instants: Instant[] = [];
  const reader = new TraceReader(rules);
  const lines = new Lines();
  lines.push(trace);
  lines.end();
  while (lines.next() === 'line') {
    const read = reader.read(lines.bytes, lines.from, lines.to);
    if (!read.ok) throw new Error(`the bench's trace: ${read.error}`);
    const last = instants.at(-1);
    if (last?.t === read.t) last.events.push(read.event);
    else instants.push({ t: read.t, events: [read.event] });
  }
  return instants;
}

function microseconds(instants: readonly Instant[], run: () => void): number {
  run();
  const startedMs = performance.now();
  run();
  return ((performance.now() - startedMs) * 1000) / instants.length;
}
