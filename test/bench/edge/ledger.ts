import * as z from 'zod';

const entrySchema = z.object({ id: z.string(), at: z.string(), kind: z.string(), why: z.string(), from: z.string().optional() });
const incidentSchema = z.object({ id: z.string(), server: z.string().optional(), startedAt: z.string(), endedAt: z.string().nullable() });

/** The parts of the edge's picture that must survive a kill. */
export const memorySchema = z.object({
  sites: z.array(z.object({ id: z.string(), epoch: z.int() })),
  incidents: z.array(incidentSchema),
  timeline: z.array(entrySchema),
});
export type Memory = z.infer<typeof memorySchema>;

/** How many entries and incidents the picture shows: what is older may be gone from it. */
const SHOWN = { timeline: 100, incidents: 50 };

/** A sentence that the timeline must hold, of something that happened no earlier than `at`. */
interface Promised {
  words: string;
  at: string;
}

/** What an edge has to know when it is asked. */
export interface Due {
  promised: readonly Promised[];
  epochs: ReadonlyMap<string, number>;
  versions: ReadonlyMap<number, string>;
}

/** What the edge has acknowledged, or was seen to know: from then on it must know it, once. */
export class Ledger {
  /** Sentences that the timeline must hold, each once, the newest last. */
  private readonly promised: Promised[] = [];
  private readonly seen = new Map<string, string>();
  private readonly epochs = new Map<string, number>();
  private readonly versions = new Map<number, string>();
  private readonly delivered = new Map<string, Set<string>>();
  readonly switches = new Set<string>();

  /** A control that was asked for at `at` was answered with success; its entry says `words`. */
  acknowledge(words: string, at: string): void {
    this.promised.push({ words, at });
  }

  acknowledgeVersion(version: number, note: string): void {
    this.versions.set(version, note);
  }

  /** A router was told an epoch. */
  told(site: string, epoch: number): string | null {
    const last = this.epochs.get(site) ?? 0;
    this.epochs.set(site, Math.max(last, epoch));
    return epoch < last ? `${site} was told epoch ${epoch} after ${last}` : null;
  }

  /** A message arrived at the channel. */
  message(id: string, events: readonly { id: string }[]): void {
    for (const event of events) this.delivered.set(event.id, (this.delivered.get(event.id) ?? new Set()).add(id));
  }

  get acknowledged(): number {
    return this.promised.length + this.versions.size;
  }

  /** What has been acknowledged until now. */
  due(): Due {
    return { promised: [...this.promised], epochs: new Map(this.epochs), versions: new Map(this.versions) };
  }

  /** Facts that the channel has not had yet. */
  undelivered(): string[] {
    return [...this.switches].filter((id) => !this.delivered.has(id));
  }

  /** What the picture lacks, has twice, or has taken back; one sentence each. */
  audit({ promised, epochs }: Due, { sites, incidents, timeline }: Memory): string[] {
    const wrong: string[] = [];
    for (const { id, epoch } of sites) if (epoch < (epochs.get(id) ?? 0)) wrong.push(`${id}: epoch ${epoch} after ${epochs.get(id)}`);
    wrong.push(...twice('timeline', timeline), ...twice('incident', incidents));
    const open = incidents.filter(({ server, endedAt }) => server !== undefined && endedAt === null);
    wrong.push(
      ...twice(
        'open incident of',
        open.map(({ server = '' }) => ({ id: server })),
      ),
    );
    const all = timeline.length < SHOWN.timeline;
    const oldest = timeline.at(-1)?.at ?? '';
    const ids = new Set(timeline.map(({ id }) => id));
    for (const [id, at] of this.seen) if ((all || at > oldest) && !ids.has(id)) wrong.push(`the timeline has lost ${id}`);
    // Controls are a part of what the timeline shows: the newest of them must be there.
    for (const { words, at } of promised.slice(-SHOWN.timeline / 5)) {
      if (!all && at <= oldest) continue;
      const times = timeline.filter(({ why }) => why.includes(words)).length;
      if (times !== 1) wrong.push(`the timeline has "${words}" ${times} times`);
    }
    for (const { id, at, kind, from } of timeline) {
      this.seen.set(id, at);
      // The very first directive of a site moves nothing, and is no news.
      if (kind === 'switch' && from !== undefined) this.switches.add(id);
    }
    return wrong;
  }

  auditVersions({ versions }: Due, known: readonly { version: number; note: string }[]): string[] {
    return [...versions].slice(-80).flatMap(([version, note]) => {
      const found = known.find((one) => one.version === version);
      return found?.note === note ? [] : [`version ${version} (${note}) is ${found === undefined ? 'lost' : `"${found.note}"`}`];
    });
  }

  auditMessages(): string[] {
    return [...this.delivered].flatMap(([event, ids]) => (ids.size === 1 ? [] : [`${event} was told in ${ids.size} messages`]));
  }
}

function twice(what: string, rows: readonly { id: string }[]): string[] {
  const seen = new Set<string>();
  return rows.flatMap(({ id }) => (seen.size === seen.add(id).size ? [`${what} ${id} is there twice`] : []));
}
