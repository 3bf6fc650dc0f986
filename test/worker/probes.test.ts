import { describe, expect, inject, it } from 'vitest';
import './ports.ts';
import type { CheckSpec } from '../../worker/objects/contract.ts';
import { Pool } from '../../worker/probes/pool.ts';
import { probe } from '../../worker/probes/registry.ts';
import { isSighted } from '../../worker/probes/witness.ts';

const ports = inject('ports');
const TIMEOUT_MS = 400;
/** A probe answers this soon after its deadline, even on a busy machine. */
const GRACE_MS = 400;

function look(kind: CheckSpec['kind'], port: number, more: Partial<CheckSpec> = {}) {
  return probe({ kind, host: '127.0.0.1', port, critical: true, ...more }, { timeoutMs: TIMEOUT_MS });
}

function lookAt(path: string, more: Partial<CheckSpec> = {}) {
  return look('http', ports.http, { url: `http://127.0.0.1:${ports.http}${path}`, ...more });
}

async function expectTimeout(result: ReturnType<typeof look>) {
  const { ok, reason, ms } = await result;
  expect({ ok, reason }).toEqual({ ok: false, reason: 'timeout' });
  expect(ms).toBeGreaterThanOrEqual(TIMEOUT_MS - 2);
  expect(ms).toBeLessThan(TIMEOUT_MS + GRACE_MS);
}

describe('tcp', () => {
  it('is ok where something accepts, even when it says nothing', async () => {
    const result = await look('tcp', ports.hang);
    expect(result.ok).toBe(true);
    expect(result.reason).toBeUndefined();
    expect(result.ms).toBeLessThan(TIMEOUT_MS);
  });

  it('fails at once where nothing listens', async () => {
    const result = await look('tcp', ports.closed);
    expect(result).toMatchObject({ ok: false, reason: 'refused' });
    expect(result.ms).toBeLessThan(TIMEOUT_MS);
  });

  it('fails for a name that does not exist', async () => {
    const result = await look('tcp', ports.closed, { host: 'nowhere.invalid' });
    expect(result.ok).toBe(false);
    expect(['dns', 'error', 'timeout']).toContain(result.reason);
  });
});

describe('tls', () => {
  it('is ok with a self-signed certificate', async () => {
    expect(await look('tls', ports.tls)).toMatchObject({ ok: true });
  });

  it('is ok where only TLS 1.3 is spoken', async () => {
    expect(await look('tls', ports.tlsOnly13)).toMatchObject({ ok: true });
  });

  it('takes an alert for life: only a TLS stack sends one', async () => {
    expect(await look('tls', ports.tlsAlert)).toMatchObject({ ok: true });
  });

  it('fails where the server accepts and never answers', () => expectTimeout(look('tls', ports.hang)));

  it('fails where something else is spoken', async () => {
    expect(await look('tls', ports.smtp)).toMatchObject({ ok: false, reason: 'tls' });
    expect(await look('tls', ports.http)).toMatchObject({ ok: false, reason: 'tls' });
  });

  it('fails where the connection is reset, and where it is refused', async () => {
    expect(await look('tls', ports.reset)).toMatchObject({ ok: false, reason: 'reset' });
    expect(await look('tls', ports.closed)).toMatchObject({ ok: false, reason: 'refused' });
  });
});

describe('banner', () => {
  it('expects SSH unless told otherwise', async () => {
    expect(await look('banner', ports.ssh)).toMatchObject({ ok: true });
    expect(await look('banner', ports.smtp)).toMatchObject({ ok: false, reason: 'banner' });
    expect(await look('banner', ports.smtp, { expectBody: '220 ' })).toMatchObject({ ok: true });
  });

  it('waits for the whole prefix, until the deadline', async () => {
    await expectTimeout(look('banner', ports.stutter));
    await expectTimeout(look('banner', ports.hang));
  });
});

describe('http', () => {
  it('takes any 2xx and 3xx unless told otherwise', async () => {
    expect(await lookAt('/')).toMatchObject({ ok: true });
    expect(await lookAt('/status/304')).toMatchObject({ ok: true });
    expect(await lookAt('/status/404')).toMatchObject({ ok: false, reason: 'status' });
    expect(await lookAt('/status/503')).toMatchObject({ ok: false, reason: 'status' });
  });

  it('takes exactly the expected statuses', async () => {
    expect(await lookAt('/status/401', { expectStatus: [200, 401] })).toMatchObject({ ok: true });
    expect(await lookAt('/', { expectStatus: [204] })).toMatchObject({ ok: false, reason: 'status' });
  });

  it('follows redirects, unless the redirect is what is expected', async () => {
    expect(await lookAt('/to-ok', { expectBody: 'OpenMPTCProuter' })).toMatchObject({ ok: true });
    expect(await lookAt('/to-ok', { expectStatus: [302] })).toMatchObject({ ok: true });
    expect(await lookAt('/loop', { expectStatus: [200] })).toMatchObject({ ok: false, reason: 'status' });
  });

  it('looks for the text in the first 64 KB only', async () => {
    expect(await lookAt('/greeting', { expectBody: 'OpenMPTCProuter' })).toMatchObject({ ok: true });
    expect(await lookAt('/greeting', { expectBody: 'nginx' })).toMatchObject({ ok: false, reason: 'body' });
    expect(await lookAt('/late-word', { expectBody: 'needle' })).toMatchObject({ ok: false, reason: 'body' });
  });

  it('has one deadline for headers, redirects and body together', async () => {
    await expectTimeout(lookAt('/hang'));
    await expectTimeout(lookAt('/to-hang'));
    await expectTimeout(lookAt('/slow-body', { expectBody: 'and ends' }));
  });

  it('fails where nothing listens', async () => {
    const url = `http://127.0.0.1:${ports.closed}/`;
    expect((await look('http', ports.closed, { url })).ok).toBe(false);
  });
});

describe('witness', () => {
  const at = (port: number, path = '/') => `http://127.0.0.1:${port}${path}`;

  it('is sighted when any of them answers anything', async () => {
    expect(await isSighted([at(ports.closed), at(ports.http, '/status/500')], { timeoutMs: TIMEOUT_MS }, new Pool())).toBe(true);
  });

  it('is blind when none answers in time', async () => {
    expect(await isSighted([at(ports.closed), at(ports.http, '/hang')], { timeoutMs: TIMEOUT_MS }, new Pool())).toBe(false);
  });

  it('is sighted without any', async () => {
    expect(await isSighted([], { timeoutMs: TIMEOUT_MS }, new Pool())).toBe(true);
  });
});

describe('pool', () => {
  it('runs six at a time and goes on after a failure', async () => {
    const pool = new Pool();
    let running = 0;
    let most = 0;
    const task = async (n: number) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      if (n === 3) throw new Error('one fails');
      return n;
    };
    const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => pool.run(() => task(n))));
    expect(most).toBe(6);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(19);
  });

  it('measures hanging probes without the wait for their turn', async () => {
    const pool = new Pool();
    const results = await Promise.all(Array.from({ length: 8 }, () => pool.run(() => look('tls', ports.hang))));
    for (const { ms } of results) expect(ms).toBeLessThan(TIMEOUT_MS + GRACE_MS);
  });
});
