import type { NOTIFY_SCHEMES } from '../fleet-file/schema.ts';
import type { Channel } from './channel.ts';
import { discord } from './discord.ts';
import { gotify } from './gotify.ts';
import { json } from './json.ts';
import { mailgun } from './mailgun.ts';
import { ntfy } from './ntfy.ts';
import { resend } from './resend.ts';
import { slack } from './slack.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

export type Scheme = (typeof NOTIFY_SCHEMES)[number];

/** Every scheme of the fleet file has its channel: the compiler holds it. */
export const CHANNELS: Readonly<Record<Scheme, Channel>> = {
  ntfy,
  ntfys: ntfy,
  tgram: telegram,
  discord,
  slack,
  gotify,
  gotifys: gotify,
  json,
  jsons: json,
  resend,
  mailgun,
  webhook,
  webhooks: webhook,
};

/** The scheme of a URL that the fleet file's schema let through. */
export function schemeOf(url: string): Scheme {
  return url.slice(0, url.indexOf('://')) as Scheme;
}
