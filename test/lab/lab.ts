import type { Agent } from './agent.ts';
import type { Edge } from './edge.ts';
import type { Tools } from './measure/tools.ts';

/** A lab in operation: what a scenario has in its hands. */
export interface Lab {
  edge: Edge;
  agent: Agent;
  tools: Tools;
  /** Progress for a person, to stderr. */
  say(text: string): void;
}
