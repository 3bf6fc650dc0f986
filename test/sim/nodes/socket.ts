import type { PollAnswer } from '../../../worker/objects/site-polls.ts';

const OPEN = 1;
const CLOSED = 3;

/** The object's end of a poll's hibernatable socket: what is attached to it outlives the object's sleep, not its crash. */
export class PollSocket {
  readyState = OPEN;
  private note: unknown = null;
  private readonly onAnswer: (answer: PollAnswer) => void;
  /** The Worker's end hears of it. */
  onClose: () => void = () => undefined;

  constructor(onAnswer: (answer: PollAnswer) => void) {
    this.onAnswer = onAnswer;
  }

  serializeAttachment(note: unknown): void {
    this.note = note;
  }

  deserializeAttachment(): unknown {
    return this.note;
  }

  send(text: string): void {
    this.onAnswer(JSON.parse(text) as PollAnswer);
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.onClose();
  }
}

/** As much of a Durable Object's context as `SitePolls` uses. */
export class SocketRoom {
  sockets: PollSocket[] = [];

  acceptWebSocket(socket: PollSocket): void {
    this.sockets = [...this.sockets.filter(({ readyState }) => readyState === OPEN), socket];
  }

  getWebSockets(): PollSocket[] {
    return this.sockets;
  }

  asContext(): DurableObjectState {
    return this as unknown as DurableObjectState;
  }
}

export function asWebSocket(socket: PollSocket): WebSocket {
  return socket as unknown as WebSocket;
}
