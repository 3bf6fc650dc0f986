import type { Event, Rules } from '../../../worker/engine/step.ts';

/*
 * The world of a scenario: vantages that probe, a router that reports, people and servers that say things. It knows nothing of the judge; it only
 * writes down the evidence that the judge will hear.
 *
 * Each vantage probes each check every interval (each second while it disagrees with its last results), the rounds of the vantages staggered. Each
 * router reports all its paths and polls each second, and within 0.6 s of a change.
 */

const FAST_MS = 1000;
const REPORT_MS = 1000;
const DETECT_MS = 600;
/** Far above any timeout: the result of an observer that was late itself. */
const LATE_MS = 9000;

export interface Evidence {
  t: number;
  event: Event;
}

/** Line `[seconds, …words]` of a story. */
export interface StoryLine {
  t: number;
  words: readonly string[];
}

interface Step {
  t: number;
  order: number;
  run: () => void;
}

/** What is wrong now; everything that is not named is well. */
interface Faults {
  /** Servers (`a`) and checks (`a#1`) that do not answer the outside. */
  outside: Set<string>;
  /** Servers (`a`) and paths (`a@wan1`) that do not answer the router. */
  inside: Set<string>;
  vantages: Map<string, string>;
  agent: boolean;
}

/** Everything that the judge hears of this story, in the order of time, up to `endMs`. */
export function evidenceOf(story: readonly StoryLine[], rules: Rules, wans: readonly string[], endMs: number): Evidence[] {
  return new World(rules, wans).tell(story, endMs);
}

class World {
  readonly #rules: Rules;
  readonly #wans: readonly string[];
  readonly #faults: Faults = { outside: new Set(), inside: new Set(), vantages: new Map(), agent: true };
  readonly #queue: Step[] = [];
  readonly #evidence: Evidence[] = [];
  #order = 0;
  #t = 0;

  constructor(rules: Rules, wans: readonly string[]) {
    this.#rules = rules;
    this.#wans = wans;
  }

  tell(story: readonly StoryLine[], endMs: number): Evidence[] {
    for (const { t, words } of story) this.#at(t, () => this.#change(words));
    this.#at(0, () => this.#reportEachSecond());
    const { vantages, servers, probing } = this.#rules;
    vantages.forEach((vantage, v) => {
      Object.entries(servers).forEach(([server, { critical }], s) => {
        const first = Math.round((v * probing.intervalMs) / vantages.length) + 20 + 10 * s;
        for (const check of critical.keys()) this.#at(first + check, () => this.#probe(vantage, server, check, probing.rise));
      });
    });
    for (;;) {
      this.#queue.sort((a, b) => a.t - b.t || a.order - b.order);
      const next = this.#queue.shift();
      if (next === undefined || next.t > endMs) break;
      this.#t = next.t;
      next.run();
    }
    return [...this.#evidence, { t: endMs, event: { type: 'end' } }];
  }

  #at(t: number, run: () => void): void {
    this.#queue.push({ t, order: this.#order++, run });
  }

  #say(event: Event): void {
    this.#evidence.push({ t: this.#t, event });
  }

  #reportEachSecond(): void {
    this.#report();
    this.#at(this.#t + REPORT_MS, () => this.#reportEachSecond());
  }

  #report(): void {
    if (!this.#faults.agent) return;
    for (const { id: site, servers } of this.#rules.sites) {
      for (const { id: server } of servers) for (const wan of this.#wans) this.#path(site, server, wan);
      this.#say({ type: 'poll', site, applied: 0 });
    }
  }

  #path(site: string, server: string, wan: string): void {
    const { inside } = this.#faults;
    const alive = !inside.has(server) && !inside.has(`${server}@${wan}`);
    this.#say({ type: 'path', site, server, ...(wan === '' ? {} : { wan }), alive, rttMs: 40 });
  }

  /** One probe and the next ones. `streak`: results in a row, failures negative. */
  #probe(vantage: string, server: string, check: number, streak: number): void {
    const fault = this.#faults.vantages.get(vantage);
    const { intervalMs, timeoutMs, rise } = this.#rules.probing;
    const again = (next: number): void => {
      const wait = Math.abs(next) < rise ? FAST_MS : intervalMs;
      this.#at(this.#t + wait, () => this.#probe(vantage, server, check, next));
    };
    if (fault === 'mute') {
      again(rise);
      return;
    }
    const ok = this.#sees(server, check, fault);
    this.#say({ type: 'witness', vantage, ok: fault !== 'blind' });
    const ms = ok ? 20 : fault === 'late' ? LATE_MS : timeoutMs;
    this.#say({ type: 'probe', vantage, server, check, ok, reason: ok ? undefined : 'timeout', ms });
    again(streak > 0 === ok ? streak + Math.sign(streak) : ok ? 1 : -1);
  }

  #sees(server: string, check: number, fault: string | undefined): boolean {
    if (fault === 'lies up') return true;
    if (fault !== undefined) return false;
    return !this.#faults.outside.has(server) && !this.#faults.outside.has(`${server}#${check}`);
  }

  #change(words: readonly string[]): void {
    const spoken = controlOf(words, this.#rules);
    for (const event of spoken) this.#say(event);
    if (spoken.length > 0) return;
    this.#turn(words);
    this.#at(this.#t + DETECT_MS, () => this.#report());
  }

  #turn(words: readonly string[]): void {
    const [subject = '', ...verb] = words;
    const { outside, inside, vantages } = this.#faults;
    const set = (faults: Set<string>, fails: boolean): unknown => (fails ? faults.add(subject) : faults.delete(subject));
    const phrase = verb.join(' ');
    const isVantage = this.#rules.vantages.includes(subject);
    if (subject === 'agent') this.#faults.agent = phrase === 'back';
    else if (isVantage && ['blind', 'mute', 'late', 'lies up', 'lies down'].includes(phrase)) vantages.set(subject, phrase);
    else if (isVantage && phrase === 'sees') vantages.delete(subject);
    else if (phrase === 'dies' || phrase === 'returns') for (const faults of [outside, inside]) set(faults, phrase === 'dies');
    else if (phrase === 'outside down' || phrase === 'outside up') set(outside, phrase === 'outside down');
    else if (phrase === 'inside down' || phrase === 'inside up') set(inside, phrase === 'inside down');
    else throw new Error(`scenario: "${words.join(' ')}" is not understood`);
  }
}

/** What people, servers and agents say in so many words; nothing when the line is about the world. */
function controlOf(words: readonly string[], { sites }: Rules): Event[] {
  const [verb = '', server = '', , value] = words;
  const site = sites[0]?.id ?? '';
  const until = value === undefined ? undefined : Math.round(Number(value) * 1000);
  switch (verb) {
    case 'pin':
      return [{ type: 'pin', site, server, until }];
    case 'unpin':
    case 'drill':
      return [{ type: verb, site }];
    case 'report':
      return [{ type: 'path', site, server, alive: words[2] === 'alive' }];
    case 'poll':
      return [{ type: 'poll', site, applied: Number(server) }];
    case 'resign':
    case 'maintenance-end':
      return [{ type: verb, server }];
    case 'maintenance':
      return [{ type: 'maintenance', server, until }];
    default:
      return [];
  }
}
