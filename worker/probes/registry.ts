import type { CheckSpec } from '../objects/contract.ts';
import { banner } from './banner.ts';
import { isBlocked } from './blocked.ts';
import { http } from './http.ts';
import type { Probe } from './probe.ts';
import { tcp } from './tcp.ts';
import { tls } from './tls.ts';

/** Every kind of check, and who looks. A kind without a probe, or a probe without a kind, does not compile. */
const PROBES: Record<CheckSpec['kind'], Probe> = { tcp, tls, http, banner };

/** Looks once at what the spec names. Never throws. */
export const probe: Probe = (spec, options) =>
  options.isPublic && isBlocked(spec) ? Promise.resolve({ ok: false, reason: 'unsupported', ms: 0 }) : PROBES[spec.kind](spec, options);
