import type { Message } from './message.ts';
import type { Target } from './target.ts';

/** One HTTP request (POST) that a message becomes. */
export interface Draft {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Why nothing can be sent to such a URL. It never repeats the URL, nor a secret. */
export interface Problem {
  problem: string;
}

/** A kind of channel: pure, it writes requests and sends none. */
export interface Channel {
  /** How its URL is written, as Apprise has it. */
  syntax: string;
  /** One request for each receiver that the URL names, always in the same order. */
  drafts(target: Target, message: Message, nowMs: number): Draft[] | Problem | Promise<Draft[] | Problem>;
  /** What is wrong with an answer whose status is 2xx; null: nothing. */
  refusal?(answer: Record<string, unknown>): string | null;
}

export function json(url: string, body: unknown, headers: Record<string, string> = {}): Draft {
  return { url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function basic(user: string, password: string): string {
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`;
}
