import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { echoesReturnBy } from '../../lab/conditions.ts';
import { explain } from '../../lab/explain.ts';
import type { Lab } from '../../lab/lab.ts';
import { type Talk, talkSchema } from '../../lab/measure/reconnecting.ts';
import { nowMs, startTool, type Tool } from '../../lab/measure/tool.ts';
import { waitFor } from '../../lab/processes.ts';
import { blackholeVps, healVps, type Server, serverOf } from '../../lab/topology.ts';
import type { Contender } from './contender.ts';

/** After so long without service nobody waits any longer: the run has failed. */
const GIVE_UP_MS = 90_000;
/** A mere download that has not heard of its end so long after everything else is back, in milliseconds, will not. */
const DEAF_MS = 2000;

/** What the client saw of one death of the Active VPS, in milliseconds. */
export const turnSchema = z.object({
  contender: z.string(),
  /** The longest silence of one UDP flow with a datagram each 10 ms. */
  udpMs: z.number(),
  /** Until a new HTTP request (one each 50 ms) was answered. */
  httpMs: z.number(),
  /** The longest silence of a program that talks over TCP, connecting again included. */
  tcpMs: z.number(),
  /** Until the client of a mere download knew that it is over; null: it did not. */
  downloadMs: z.number().nullable(),
  /** How long that was waited for. */
  waitedMs: z.number(),
});
export type Turn = z.infer<typeof turnSchema>;

/** A turn that came to nothing: the client did not get its service back, or lost its way before the fault. */
export const failureSchema = z.object({ contender: z.string(), failed: z.string() });
export type Failure = z.infer<typeof failureSchema>;

export interface Talker {
  /** Begins a new connection: one that began by another way would stay on it. */
  renew(): Promise<void>;
  talk(fromMs: number): Promise<Talk>;
}

export function startTalker(): Talker {
  const tool: Tool = startTool('reconnecting', 'client', 'reconnecting.ts');
  return {
    renew: () =>
      tool.ask(
        'renew',
        z.unknown().transform(() => undefined),
      ),
    talk: (fromMs) => tool.ask('talk', talkSchema, { fromMs }),
  };
}

/** One contender, from its start to its end, with one death of `a` in it. @throws when it does not even start */
export async function turn(lab: Lab, talker: Talker, contender: Contender): Promise<Turn | Failure> {
  const running = await contender.start();
  await clientWorks(lab, talker);
  await pause(Math.random() * contender.periodMs);
  try {
    return { contender: contender.name, ...(await oneDeath(lab, talker)) };
  } catch (error) {
    return { contender: contender.name, failed: explain(error) };
  } finally {
    await lab.tools.newFlows.stopHttp();
    await lab.tools.flows.closeAll();
    await running.stop();
    await healVps('a');
  }
}

/** Waits until each of the client's tools works by `a`. */
async function clientWorks(lab: Lab, talker: Talker): Promise<void> {
  const { tools } = lab;
  await tools.udp.renew();
  await talker.renew();
  await echoesReturnBy(lab, 'a', nowMs());
  await talksBy(talker, 'a');
  await tools.flows.open(0, true);
  await tools.newFlows.startHttp();
  await waitFor('the download to run', async () => (await tools.flows.summary()).every(({ bytes }) => bytes > 0));
}

async function oneDeath(lab: Lab, talker: Talker): Promise<Omit<Turn, 'contender'>> {
  const { tools } = lab;
  const { lastVia } = await tools.udp.summary(nowMs());
  if (lastVia === null || serverOf(lastVia) !== 'a') throw new Error('traffic was moved before the fault: a false switch');
  const faultMs = nowMs();
  await blackholeVps('a');
  const deadMs = nowMs();
  await echoesReturnBy(lab, 'b', deadMs, GIVE_UP_MS);
  const udpMs = (await tools.udp.summary(faultMs)).gap.ms;
  const firstMs = await waitFor('a new HTTP request to be answered', () => tools.newFlows.firstAnswer(deadMs), { timeoutMs: GIVE_UP_MS });
  await talksBy(talker, 'b');
  const tcpMs = (await talker.talk(faultMs)).gapMs;
  const downloadMs = await downloadKnows(lab, faultMs);
  const waitedMs = nowMs() - faultMs;
  return { udpMs, httpMs: firstMs - deadMs, tcpMs, downloadMs, waitedMs };
}

async function talksBy(talker: Talker, server: Server): Promise<void> {
  const talks = async () => {
    const { via } = await talker.talk(nowMs());
    return via !== null && serverOf(via) === server;
  };
  await waitFor(`the program to talk by ${server}`, talks, { timeoutMs: GIVE_UP_MS });
}

async function downloadKnows(lab: Lab, faultMs: number): Promise<number | null> {
  const untilMs = nowMs() + DEAF_MS;
  for (;;) {
    const [download] = await lab.tools.flows.summary();
    if (download?.broken) return download.broken.atMs - faultMs;
    if (nowMs() > untilMs) return null;
    await pause(20);
  }
}
