import type { Directive } from '../worker/protocol/directive.ts';
import { directiveSchema } from '../worker/protocol/directive.ts';
import { MAX_EPOCH } from '../worker/protocol/report.ts';
import type { AgentState } from './state-schema.ts';

export type Verdict =
  /** A new epoch: persist `state`, then apply it. */
  | { kind: 'accepted'; state: AgentState; released: string[]; strangers: string[] }
  /** The epoch that is applied already, perhaps with newer knowledge that releases latches. */
  | { kind: 'known'; state: AgentState; released: string[]; strangers: string[] }
  /** The old state stays. */
  | { kind: 'refused'; epoch: number | null; reason: string };

/** What the agent makes of an answer of the edge. Pure: nothing is applied or written here. */
export function judgeDirective(state: AgentState, raw: unknown, servers: readonly string[]): Verdict {
  const parsed = directiveSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      kind: 'refused',
      epoch: null,
      reason: `the edge's answer is not a directive: ${issue?.path.join('.') || '(body)'}: ${issue?.message ?? ''}`,
    };
  }
  const directive = parsed.data;
  const refuse = (reason: string): Verdict => ({ kind: 'refused', epoch: directive.epoch, reason });
  // Nothing could ever be above it, and no report could name it.
  if (directive.epoch > MAX_EPOCH) return refuse(`epoch ${directive.epoch} is beyond all that an edge can have reached`);
  if (directive.epoch < state.epoch) return refuse(`epoch ${directive.epoch} is older than ${state.epoch}, which was accepted before`);
  const strangers = [...new Set([directive.active, ...Object.keys(directive.weights)])].filter((server) => !servers.includes(server));
  const loaded = strangers.filter((server) => server === directive.active || (directive.weights[server] ?? 0) > 0);
  if (loaded.length > 0)
    return refuse(`directive ${directive.epoch} gives traffic to ${loaded.join(', ')}, but this router has no tunnel for that`);
  if (state.directive !== null && directive.epoch === state.directive.epoch) {
    if (!sameOrder(state.directive, directive))
      return refuse(`epoch ${directive.epoch} came twice with different orders; the first one stays`);
    return { kind: 'known', strangers, ...releaseLatches({ ...state, directive }, directive) };
  }
  return { kind: 'accepted', strangers, ...releaseLatches({ ...state, epoch: directive.epoch, directive, manual: null }, directive) };
}

/** A latch stays until the edge decided with knowledge of the cut: its `basis` reaches the report that announced it. */
function releaseLatches(state: AgentState, directive: Directive): { state: AgentState; released: string[] } {
  const released = Object.keys(state.latches).filter((server) => directive.basis >= (state.latches[server] ?? 0));
  const latches = Object.fromEntries(Object.entries(state.latches).filter(([server]) => !released.includes(server)));
  return { state: { ...state, latches }, released };
}

function sameOrder(a: Directive, b: Directive): boolean {
  const keys = Object.keys({ ...a.weights, ...b.weights });
  return a.mode === b.mode && a.active === b.active && keys.every((key) => (a.weights[key] ?? 0) === (b.weights[key] ?? 0));
}
