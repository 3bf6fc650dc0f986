import { describe, expect, test } from 'vitest';
import { SitePolls } from '../../../worker/objects/site-polls.ts';
import { joined } from '../../../worker/objects/site-roster.ts';
import type { Report } from '../../../worker/protocol/report.ts';
import { asWebSocket, PollSocket, SocketRoom } from '../../sim/nodes/socket.ts';

const LEASE_MS = 60_000;

function reportOf(instance: string, seq = 1): Report {
  return { site: 'home', instance, version: '0.1.0', seq, applied: 0, paths: [] };
}

/** A site's polls with the rows that its object keeps: they outlive its sleep, as sockets do. */
class Site {
  private readonly room = new SocketRoom();
  private polls = new SitePolls(this.room.asContext());
  private agents: string[] = [];
  private speaker: { instance: string; atMs: number } | null = null;

  sleep(): void {
    this.polls = new SitePolls(this.room.asContext());
  }

  /** A poll; `held` until it is answered. */
  poll(instance: string, atMs: number, seq = 1): { said: string; socket: PollSocket } {
    const socket = new PollSocket(() => undefined);
    this.polls.accept(asWebSocket(socket), 'token');
    const rows = { agents: this.agents, speaker: this.speaker, leaseMs: LEASE_MS };
    const said = this.polls.hear(asWebSocket(socket), reportOf(instance, seq), atMs, rows);
    if (said === 'heard') {
      this.agents = joined(this.agents, instance);
      this.speaker = { instance, atMs };
    } else this.polls.refuse(asWebSocket(socket), { status: 409, detail: 'another agent' });
    return { said, socket };
  }

  /** The poll is answered, and its socket goes; the answer: whether it was the last that counts. */
  leave({ socket }: { socket: PollSocket }): boolean {
    this.polls.answer(asWebSocket(socket), { status: 204 });
    socket.close();
    return this.polls.leave(asWebSocket(socket));
  }

  get isHeld(): boolean {
    return this.polls.isHeld;
  }
}

describe('of several agents for one site', () => {
  test('the one that started last is heard, and the others again when it was silent for a lease', () => {
    const site = new Site();
    expect(['one', 'two', 'one'].map((instance, i) => site.poll(instance, i).said)).toEqual(['heard', 'heard', 'fenced']);
    site.leave(site.poll('two', 3));
    expect(site.poll('one', 2 + LEASE_MS).said).toBe('fenced');
    expect(site.poll('one', 3 + LEASE_MS).said).toBe('heard');
  });

  test('the one that started last takes over again, whoever asked first when a later one was gone', () => {
    const site = new Site();
    for (const instance of ['one', 'two']) site.poll(instance, 0);
    site.leave(site.poll('three', 0));
    expect(site.poll('one', LEASE_MS).said).toBe('heard');
    expect(site.poll('two', LEASE_MS + 1).said).toBe('heard');
    expect(site.poll('one', LEASE_MS + 2).said).toBe('fenced');
  });

  test('an earlier one stays out after the site slept, when only polls that were refused kept their sockets', () => {
    const site = new Site();
    site.poll('one', 0);
    const two = site.poll('two', 1);
    site.poll('one', 2);
    site.leave(two);
    site.sleep();
    expect(site.poll('one', LEASE_MS).said).toBe('fenced');
    expect(site.poll('one', LEASE_MS + 1).said).toBe('heard');
  });

  test('a poll that was refused is no presence: the last one that counts says that it is the last', () => {
    const site = new Site();
    site.poll('one', 0);
    const two = site.poll('two', 1);
    const refused = site.poll('one', 2);
    expect(site.leave(two)).toBe(true);
    expect(site.isHeld).toBe(false);
    expect(site.leave(refused)).toBe(false);
  });

  test('one agent with an older report is not heard, and that changes nothing', () => {
    const site = new Site();
    const held = site.poll('one', 0, 5);
    expect(site.poll('one', 1, 4).said).toBe('stale');
    expect(site.isHeld).toBe(true);
    expect(held.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('it remembers a bounded number, the latest', () => {
    const agents = Array.from({ length: 100 }, (_, i) => `agent-${i}`).reduce<string[]>(joined, []);
    expect(agents).toHaveLength(32);
    expect(joined(agents, 'agent-99')).toEqual(agents);
  });
});
