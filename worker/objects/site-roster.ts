/** Agents that a site remembers: one that lives through more starts of others is then taken for a new one. */
const MAX_AGENTS = 32;

/** What a site knows of its agents when one of them reports. */
export interface Roster {
  /** In the order in which each was heard first: the one that started last is the last. */
  agents: readonly string[];
  /** Who was heard last, and when (epoch milliseconds); null: nobody yet. */
  speaker: { instance: string; atMs: number } | null;
  /** For so long after its last report the speaker is there. */
  leaseMs: number;
}

/** The agents of a site after one of them was heard. */
export function joined(agents: readonly string[], instance: string): string[] {
  return agents.includes(instance) ? [...agents] : [...agents, instance].slice(-MAX_AGENTS);
}

/**
 * Whether an agent is out while the speaker is there: it was heard before the speaker was heard first. So the most recently started of those that
 * are there wins, whoever asks first, and two cannot take turns.
 */
export function isReplaced({ agents, speaker }: Roster, instance: string): boolean {
  if (speaker === null) return false;
  const place = agents.indexOf(instance);
  return place >= 0 && place < agents.indexOf(speaker.instance);
}
