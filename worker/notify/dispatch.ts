import type { Channel, Draft, Problem } from './channel.ts';
import type { Message } from './message.ts';
import { CHANNELS, schemeOf } from './registry.ts';
import { messageOf } from './render.ts';
import { type Sent, send } from './send.ts';
import { readTarget, type Target } from './target.ts';

interface Prepared {
  target: Target;
  channel: Channel;
  drafts: Draft[];
}

/** What sending needs of the Worker. */
export interface DispatchHost {
  /** The Worker's secrets, among its other bindings. */
  env: Readonly<Record<string, unknown>>;
  /** Loopback and private addresses may be called: under `serve`. */
  allowPrivate: boolean;
}

/** `blocked`: nothing can be sent to that URL as it is; `problem` says why, without the URL and without any secret. */
export type Dispatched = Sent | { kind: 'blocked'; problem: string };

/**
 * Sends a message to the receivers of a URL, one after the other from the one at `from`; `onDone` hears how many are done. A receiver that refuses does not keep
 * it from the others, one that should be tried later ends it. Never throws for what a receiver does.
 */
export async function dispatch(
  url: string,
  host: DispatchHost,
  message: Message,
  from: number,
  onDone: (done: number) => void,
): Promise<Dispatched> {
  const prepared = await prepare(url, host, message);
  if ('problem' in prepared) return { kind: 'blocked', problem: prepared.problem };
  const { target, channel, drafts } = prepared;
  let worst: Sent = { kind: 'sent', status: 200 };
  for (const [index, draft] of drafts.entries()) {
    if (index < from) continue;
    const sent = await send(draft, channel, target, Date.now());
    if (sent.kind === 'later') return sent;
    if (sent.kind === 'refused' || worst.kind === 'sent') worst = sent;
    if (index + 1 < drafts.length) onDone(index + 1);
  }
  return worst;
}

/** Why nothing can be sent to a URL; null: it looks well. */
export async function problemOf(url: string, host: DispatchHost): Promise<string | null> {
  const at = new Date(0).toISOString();
  const notice = { id: 'x', event: 'test', type: 'info', at, title: 'x', why: 'x' } as const;
  const prepared = await prepare(url, host, messageOf('x', [notice], { fleet: 'x', link: null }));
  return 'problem' in prepared ? prepared.problem : null;
}

async function prepare(url: string, { env, allowPrivate }: DispatchHost, message: Message): Promise<Prepared | Problem> {
  const read = readTarget(url, env, allowPrivate);
  if (!read.ok) return { problem: read.problem };
  const channel = CHANNELS[schemeOf(url)];
  const drafts = await channel.drafts(read.target, message, Date.now());
  if ('problem' in drafts) return { problem: `its URL is wrong: ${drafts.problem}. It is written ${channel.syntax}` };
  return { target: read.target, channel, drafts };
}
