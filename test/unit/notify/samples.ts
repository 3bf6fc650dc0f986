import type { Channel, Draft } from '../../../worker/notify/channel.ts';
import type { Message, Notice } from '../../../worker/notify/message.ts';
import { CHANNELS, schemeOf } from '../../../worker/notify/registry.ts';
import { readTarget, type Target } from '../../../worker/notify/target.ts';

export const NOTICE: Notice = {
  id: 'server/fra/down-1#opened',
  event: 'incident.opened',
  type: 'failure',
  at: '2026-11-24T12:00:03.000Z',
  title: 'Frankfurt is down',
  why: '2 of 3 vantages say down (<timeout> & "reset")',
  incident: 'server/fra/down-1',
  server: 'fra',
};

export const MESSAGE: Message = {
  id: 'msg_1',
  event: 'incident.opened',
  type: 'failure',
  at: NOTICE.at,
  title: '[Home] Frankfurt is down',
  text: `2026-11-24 12:00:03 UTC Frankfurt is down: ${NOTICE.why}`,
  fleet: 'Home',
  link: 'https://status.example.net/',
  notices: [NOTICE],
};

/** A secret's name as a fleet file has it. */
export function ref(name: string): string {
  return `\${${name}}`;
}

/** Private addresses are allowed, as under `serve`. */
export function targetOf(url: string, env: Record<string, unknown> = {}): Target {
  const read = readTarget(url, env, true);
  if (!read.ok) throw new Error(read.problem);
  return read.target;
}

/** The requests that a URL becomes, or what is wrong with it. */
export async function draftsOf(url: string, env: Record<string, unknown> = {}, message = MESSAGE): Promise<Draft[] | string> {
  const drafts = await channelOf(url).drafts(targetOf(url, env), message, 1_700_000_000_999);
  return 'problem' in drafts ? drafts.problem : drafts;
}

export function channelOf(url: string): Channel {
  return CHANNELS[schemeOf(url)];
}

/** The one request of a URL, its body read as JSON. */
export async function sentTo(url: string, env: Record<string, unknown> = {}, message = MESSAGE) {
  const drafts = await draftsOf(url, env, message);
  const [draft] = drafts;
  if (typeof drafts === 'string' || typeof draft !== 'object') throw new Error(`no request: ${String(drafts)}`);
  return { url: draft.url, headers: draft.headers, text: draft.body, body: bodyOf(draft) };
}

export function bodyOf({ body }: Draft): Record<string, unknown> {
  return body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : Object.fromEntries(new URLSearchParams(body));
}
