/** What Node decides of the same traces. */
export interface Replays {
  /** The fixtures, by the name of their folder. */
  recorded: { name: string; fleet: string; decisions: string }[];
  byChance: { seed: number; instants: number; decisions: string }[];
}

declare module 'vitest' {
  interface ProvidedContext {
    replays: Replays;
  }
}
