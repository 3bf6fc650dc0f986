import type { VantageEvent } from '../engine/vantage.ts';
import { MAX_CONNECTIONS, Pool } from '../probes/pool.ts';
import { isEvidence, type ProbeOptions, type ProbeResult } from '../probes/probe.ts';
import { probe } from '../probes/registry.ts';
import { isSighted } from '../probes/witness.ts';
import type { CheckSpec, VantageSnapshot } from './contract.ts';

type Orders = NonNullable<VantageSnapshot['vantage']>;

/** One result, before anybody judged it. */
export interface Seen extends ProbeResult {
  server: string;
  check: number;
  /** When the result was known, in epoch milliseconds. */
  t: number;
}

export interface RoundListener {
  /** How long a look may take, in milliseconds; absent: the timeout of the orders. */
  patienceMs?(server: string, check: number): number;
  /** Every result as it comes, also those that are no evidence. */
  saw(seen: Seen): void;
  /** Evidence for the judge, in the order in which it may be given. */
  evidence(event: VantageEvent): void;
}

/**
 * Probes all checks of these servers, six at a time. When one fails, the witnesses are looked at before the failure is told: a blind vantage must
 * not count it. A blind one looks at its witnesses first of all, and at nothing else while they fail. Once the witnesses have failed nothing
 * more is begun: it would be void. What is unsupported here is no evidence. Never throws.
 */
export async function probeRound(
  orders: Orders,
  servers: ReadonlySet<string>,
  blind: boolean,
  listener: RoundListener,
  place: Pick<ProbeOptions, 'isPublic' | 'hung'> = {},
): Promise<void> {
  const pool = new Pool(MAX_CONNECTIONS);
  const options = { ...place, timeoutMs: orders.rules.timeoutMs };
  const patienceMs = (server: string, check: number) => listener.patienceMs?.(server, check) ?? options.timeoutMs;
  let isBlind = false;
  let witnessed: Promise<boolean> | null = null;
  const askWitnesses = (): Promise<boolean> => {
    if (orders.witnesses.length === 0) return Promise.resolve(true);
    witnessed ??= isSighted(orders.witnesses, options, pool).then((ok) => {
      isBlind = !ok;
      listener.evidence({ type: 'witness', t: Date.now(), ok });
      return ok;
    });
    return witnessed;
  };
  const look = async (server: string, check: number, spec: CheckSpec): Promise<void> => {
    const result = await pool.run(async () => (isBlind ? null : await probe(spec, { ...options, timeoutMs: patienceMs(server, check) })));
    if (result === null) return;
    const { ok, reason, ms } = result;
    const t = Date.now();
    listener.saw({ server, check, t, ...result });
    if (!isEvidence(result)) return;
    if (!ok || blind) await askWitnesses();
    listener.evidence({ type: 'probe', t, server, check, ok, reason, ms });
  };
  // What a blind one sees is void: waiting for it would double its time at work, while all else is down already.
  if (blind && !(await askWitnesses())) return;
  const looks = orders.servers
    .filter(({ id }) => servers.has(id))
    .flatMap(({ id, checks }) => checks.map((spec, index) => look(id, index, spec)));
  await Promise.all(looks);
}
