import type { VantageSnapshot } from '../../../worker/objects/contract.ts';
import type { ProbeResult } from '../../../worker/probes/probe.ts';
import type { World } from '../world.ts';

type Orders = NonNullable<VantageSnapshot['vantage']>;

export interface Look extends ProbeResult {
  server: string;
  check: number;
}

/** What comes at one moment of a round: the witnesses' word, if they were just asked, then results. */
interface Step {
  afterMs: number;
  witness: boolean | null;
  results: Look[];
}

const WITNESS_MS = 40;

/**
 * A round as worker/objects/vantage-round.ts does it: the answers come early, the failures after their timeout, and the first failure (or blindness
 * before) asks the witnesses, for whose word every failure waits. What is really broken decides at the start of the round.
 */
export function probeLooks(
  world: World,
  vantage: string,
  orders: Orders,
  servers: Orders['servers'],
  blind: boolean,
): { steps: Step[]; endMs: number } {
  const looks = servers.flatMap(({ id, checks }) => checks.map((_, check) => look(world, vantage, orders, id, check)));
  const good = looks.filter(({ ok }) => ok);
  const bad = looks.filter(({ ok }) => !ok).sort((a, b) => a.ms - b.ms);
  const okMs = Math.ceil(Math.max(1, ...good.map(({ ms }) => ms)));
  const sees = world.truth.sees(vantage);
  const witnessTakesMs = sees ? WITNESS_MS : orders.rules.timeoutMs;
  const asks = orders.witnesses.length > 0 && (blind || bad.length > 0);
  const askedMs = blind ? 0 : (bad[0]?.ms ?? 0);
  const witnessedMs = asks ? Math.ceil(askedMs + witnessTakesMs) : 0;
  const steps: Step[] = [];
  if (asks) steps.push({ afterMs: witnessedMs, witness: sees, results: [] });
  if (good.length > 0) steps.push({ afterMs: blind ? Math.max(okMs, witnessedMs) : okMs, witness: null, results: good });
  for (const one of bad) steps.push({ afterMs: Math.max(Math.ceil(one.ms), witnessedMs), witness: null, results: [one] });
  return { steps, endMs: Math.max(1, ...steps.map(({ afterMs }) => afterMs)) };
}

/** A slow vantage takes living servers for silent ones, and sees at least how slow it was. */
function look(world: World, vantage: string, orders: Orders, server: string, check: number): Look {
  const { noise, truth } = world;
  const { timeoutMs } = orders.rules;
  if (truth.is(`slow/${vantage}`) && noise.chance(0.5))
    return { server, check, ok: false, reason: 'timeout', ms: Math.round(timeoutMs * (2.1 + 2 * noise.next())) };
  if (truth.answers(vantage, server)) return { server, check, ok: true, ms: 5 + Math.round(noise.next() * 100) };
  const refused = truth.sees(vantage) && noise.chance(0.3);
  return { server, check, ok: false, reason: refused ? 'refused' : 'timeout', ms: refused ? 30 : timeoutMs };
}
