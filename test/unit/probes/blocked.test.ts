import { describe, expect, it } from 'vitest';
import type { CheckSpec } from '../../../worker/objects/contract.ts';
import { isBlocked } from '../../../worker/probes/blocked.ts';
import { HungConnects, MAX_HUNG } from '../../../worker/probes/hung.ts';

function blocked(host: string, port = 443, kind: CheckSpec['kind'] = 'tcp'): boolean {
  return isBlocked({ kind, host, port, critical: true });
}

describe('what no Worker may look at', () => {
  it("is Cloudflare's own networks, to the last address", () => {
    expect(
      ['104.16.0.0', '104.27.255.255', '172.71.255.255', '162.159.1.1', '2606:4700::1', '2a06:98c7::1'].every((host) => blocked(host)),
    ).toBe(true);
    expect(
      ['104.15.255.255', '104.28.0.0', '172.72.0.1', '203.0.113.7', '2606:4701::1', '2a06:98c8::1'].some((host) => blocked(host)),
    ).toBe(false);
  });

  it('is port 25, what is private, and a bare address for fetch', () => {
    expect(blocked('203.0.113.7', 25)).toBe(true);
    expect(blocked('vps.example.net', 25, 'banner')).toBe(true);
    expect(blocked('10.1.2.3')).toBe(true);
    expect(blocked('fd00::1')).toBe(true);
    expect(blocked('203.0.113.7', 443, 'http')).toBe(true);
    expect(blocked('vps.example.net', 443, 'http')).toBe(false);
    expect(blocked('203.0.113.7', 65500, 'tls')).toBe(false);
  });
});

describe('connects that hang', () => {
  it('are counted until the kernel has given them up too, and bounded', () => {
    const hung = new HungConnects();
    for (let count = 0; count < MAX_HUNG; count++) hung.note(count);
    expect(hung.isFull(1000)).toBe(true);
    expect(hung.count(130_100)).toBe(MAX_HUNG - 101);
    expect(hung.isFull(130_100)).toBe(false);
    expect(hung.count(300_000)).toBe(0);
  });

  it('do not outlast a clock that was set back', () => {
    const hung = new HungConnects();
    hung.note(1_000_000);
    expect(hung.count(1000)).toBe(0);
  });
});
