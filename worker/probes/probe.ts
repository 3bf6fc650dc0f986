import type { CheckSpec } from '../objects/contract.ts';
import type { HungConnects } from './hung.ts';

/**
 * Why a probe failed. `unsupported`: this place may not connect there at all; `crowded`: too many connects of this place hang already. Both say nothing
 * about the server.
 */
const PROBE_REASONS = ['refused', 'reset', 'timeout', 'tls', 'status', 'body', 'banner', 'dns', 'unsupported', 'crowded', 'error'] as const;
export type ProbeReason = (typeof PROBE_REASONS)[number];

export interface ProbeResult {
  ok: boolean;
  /** Absent when it is ok. */
  reason?: ProbeReason;
  /** From the start to the result, in milliseconds. */
  ms: number;
  /** `http` only: the status that was answered, if one was. */
  status?: number;
}

export interface ProbeOptions {
  /** The hard deadline of everything: name, connection, handshake, answer. In milliseconds. */
  timeoutMs: number;
  /** It looks from Cloudflare's network, which does not let it look everywhere. */
  isPublic?: boolean;
  /** Counts the connects that are given up, and bounds them. */
  hung?: HungConnects;
}

/** Whether a result tells anything of the server. */
export function isEvidence({ reason }: ProbeResult): boolean {
  return reason !== 'unsupported' && reason !== 'crowded';
}

/** Looks once. Never throws, and answers soon after the deadline at the latest; by then its socket is closed or cancelled. */
export type Probe = (spec: CheckSpec, options: ProbeOptions) => Promise<ProbeResult>;

/** What a look at a server found: null when all was well. */
export type Finding = ProbeReason | null;

/**
 * Runs one look under a hard deadline, measures it and makes a result of whatever happens. `signal` is aborted at the deadline and also when the look
 * is over, so that whatever hangs on it is let go.
 */
export async function measure(timeoutMs: number, look: (signal: AbortSignal) => Promise<Finding>): Promise<ProbeResult> {
  const startedMs = Date.now();
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const deadline = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), timeoutMs);
  });
  const finding = await Promise.race([look(controller.signal).catch(reasonOf), deadline]);
  if (timer !== null) clearTimeout(timer);
  controller.abort();
  const ms = Date.now() - startedMs;
  return finding === null ? { ok: true, ms } : { ok: false, reason: finding, ms };
}

/**
 * What an error of the runtime means. Cloudflare's network gives refused, DNS and reset one and the same message, so `error` is common there; workerd on
 * one's own machine says more. The texts are not promised anywhere: whatever is not known is `error`, a failure like the others.
 */
const MEANINGS: readonly [RegExp, ProbeReason][] = [
  [/prohibited|loop detected/i, 'unsupported'],
  [/timed? ?out/i, 'timeout'],
  [/refused/i, 'refused'],
  [/reset|disconnected|broken pipe|connection lost|prematurely/i, 'reset'],
  [/DNS|getaddrinfo|name or service|resolve|lookup/i, 'dns'],
  [/TLS|SSL|certificate|handshake/i, 'tls'],
];

export function reasonOf(error: unknown): ProbeReason {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'error';
}
