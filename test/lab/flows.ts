import type { Lab } from './lab.ts';
import type { FlowSummary } from './measure/tcp-flows.ts';
import { waitFor } from './processes.ts';
import { type Server, serverOf } from './topology.ts';

/** Opens long-lived TCP flows, a download and an upload, and waits until each has carried data by `server`. */
export async function openFlows(lab: Lab, echoes: number, server: Server): Promise<void> {
  await lab.tools.flows.open(echoes, true, true);
  await waitFor(`${echoes + 2} TCP flows over ${server}`, async () =>
    (await lab.tools.flows.summary()).every(({ via, bytes }) => via !== null && serverOf(via) === server && bytes > 0),
  );
}

/** What became of the flows: whether each is whole and still moves. */
export interface Wholeness {
  /** A sentence for each flow that broke, or that carried nothing more. */
  broken: string[];
  longestGapMs: number;
  downloadBytes: number;
}

/** Waits until each flow that is not broken has carried something after now: an open socket alone is no proof of life. */
export async function wholeFlows(lab: Lab): Promise<Wholeness> {
  const before = await lab.tools.flows.summary();
  const moved = (now: readonly FlowSummary[]) =>
    now.every(({ broken, bytes }, index) => broken !== null || bytes > (before[index]?.bytes ?? 0));
  const after = await waitFor('each TCP flow to carry more', async () => {
    const now = await lab.tools.flows.summary();
    return moved(now) ? now : null;
  });
  return {
    broken: after.flatMap(({ kind, broken }, index) => (broken ? [`TCP flow ${index + 1} (${kind}) broke: ${broken.why}`] : [])),
    longestGapMs: Math.max(0, ...after.map(({ longestGapMs }) => longestGapMs)),
    downloadBytes: after.find(({ kind }) => kind === 'download')?.bytes ?? 0,
  };
}
