import { advance, dueMs, type Effect, type Event, emptyState, type Rules, type State } from './step.ts';
import type { Ms } from './types.ts';

/**
 * Drives the judge over recorded evidence: gathers the lines of one instant, and between instants lets due timers fire at their own time.
 * Lines have to come in the order of their time.
 */
export class Replay {
  readonly #rules: Rules;
  readonly #emit: (effect: Effect) => void;
  readonly #state: State;
  #t: Ms | null = null;
  #events: Event[] = [];

  constructor(rules: Rules, emit: (effect: Effect) => void) {
    this.#rules = rules;
    this.#emit = emit;
    this.#state = emptyState(rules);
  }

  /** The time of the instant that is being gathered; null before the first line. */
  get t(): Ms | null {
    return this.#t;
  }

  get state(): State {
    return this.#state;
  }

  /** @throws RangeError when `t` is before the line before */
  feed(t: Ms, event: Event): void {
    if (this.#t !== null && t < this.#t) throw new RangeError(`t goes back from ${this.#t} to ${t}`);
    if (t !== this.#t) this.#settle(t);
    this.#t = t;
    this.#events.push(event);
  }

  /** Decides the last instant. */
  end(): void {
    this.#settle(null);
  }

  /** Decides the gathered instant, then what falls due strictly before `next`. */
  #settle(next: Ms | null): void {
    if (this.#t !== null) this.#step(this.#t, this.#events);
    this.#events = [];
    if (next === null) return;
    for (let due = dueMs(this.#state); due !== null && due < next; due = dueMs(this.#state)) this.#step(due, []);
  }

  #step(t: Ms, events: readonly Event[]): void {
    for (const effect of advance(this.#state, this.#rules, t, events)) this.#emit(effect);
  }
}
