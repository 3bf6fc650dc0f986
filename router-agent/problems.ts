import type { AgentProblem } from '../worker/protocol/report.ts';

/** As many as a report carries. */
const MAX_PROBLEMS = 16;
const MAX_MESSAGE = 500;

/** What is wrong now, one a kind: a later one of the same kind replaces it, and it goes when it is solved. */
export interface Problems {
  set(problem: AgentProblem): void;
  clear(kind: string): void;
  list(): AgentProblem[];
}

/** `onNew` hears each problem once, when it appears or its words change; `onChange` that the list is another one. */
export function createProblems(onNew: (problem: AgentProblem) => void, onChange: () => void = () => undefined): Problems {
  const byKind = new Map<string, AgentProblem>();
  return {
    set(problem) {
      const short = { ...problem, message: problem.message.slice(0, MAX_MESSAGE) };
      const before = byKind.get(problem.kind);
      byKind.set(problem.kind, short);
      if (before?.message === short.message) return;
      onNew(short);
      onChange();
    },
    clear(kind) {
      if (byKind.delete(kind)) onChange();
    },
    list: () => [...byKind.values()].slice(0, MAX_PROBLEMS),
  };
}
