import { leaked, settled } from './conditions.ts';
import type { Lab } from './lab.ts';

/** What new flows saw of a return to a. */
export interface Seen {
  /** The weights that a got from the edge, each once, in order. */
  stages: number[];
  /** Of the new flows that began meanwhile. */
  lost: number;
  leaked: number;
}

/** Begins new flows all the time until the edge has given everything back to a, and the agent has done it. */
export async function watchReturn(lab: Lab): Promise<Seen> {
  const seen: Seen = { stages: [], lost: 0, leaked: 0 };
  let back = false;
  const returned = settled(lab, 'a').finally(() => {
    back = true;
  });
  // The rejection is awaited below; until then it must not count as unhandled.
  returned.catch(() => undefined);
  const look = async () => {
    const weight = (await lab.edge.site()).weights.a ?? 0;
    if (weight === 0 || weight === seen.stages.at(-1)) return;
    seen.stages.push(weight);
    lab.say(`a has ${weight} % of new flows`);
  };
  while (!back) {
    await look();
    const sample = await lab.tools.newFlows.sample();
    seen.lost += sample.lost;
    seen.leaked += leaked(sample.via);
  }
  await returned;
  // The last stage may have come while the last flows were under way.
  await look();
  return seen;
}
