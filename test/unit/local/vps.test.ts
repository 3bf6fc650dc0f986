import { once } from 'node:events';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { echoProber } from '../../../router-agent/heartbeat/echo.ts';
import type { ProbeAnswer } from '../../../router-agent/heartbeat/prober.ts';
import { selfSigned } from '../../../worker/local/certificate.ts';
import { freePorts } from '../../../worker/local/ports.ts';
import { startVps } from '../../../worker/local/vps.ts';

async function subjectAt(port: number): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const subject = socket.getPeerCertificate().subject;
  socket.destroy();
  return Array.isArray(subject?.CN) ? subject.CN[0] : subject?.CN;
}

test('a stand-in answers as a VPS does, vanishes when it fails, and returns', async () => {
  const [tls = 0, http = 0, banner = 0, echo = 0] = await freePorts(4);
  const vps = await startVps('vps-x', { tls, http, banner, echo });
  const beat = () => new Promise<ProbeAnswer>((resolve) => echoProber({ host: '127.0.0.1', port: echo })(resolve));
  const read = () => fetch(`http://127.0.0.1:${http}/`, { signal: AbortSignal.timeout(700) }).then((response) => response.text());
  try {
    expect(await subjectAt(tls)).toBe('vps-x');
    expect(await read()).toContain('vps-x');
    expect(await beat()).toEqual({ ok: true });
    vps.fail();
    expect(vps.failed()).toBe(true);
    expect(await beat()).toEqual({ ok: false, reason: 'no answer' });
    await expect(read()).rejects.toThrow('timeout');
    vps.recover();
    await expect.poll(beat, { timeout: 5000 }).toEqual({ ok: true });
  } finally {
    await vps.stop();
  }
  expect(await beat()).toMatchObject({ ok: false });
}, 20_000);

test('busy ports are an error, not a stand-in that is half there', async () => {
  const [tls = 0, http = 0, banner = 0, echo = 0] = await freePorts(4);
  const vps = await startVps('one', { tls, http, banner, echo });
  await expect(startVps('two', { tls, http, banner, echo })).rejects.toThrow('ended at once');
  await vps.stop();
}, 20_000);

test('the certificate is the same length of base64 lines, whatever its size', () => {
  for (let tries = 0; tries < 20; tries++) {
    const { cert } = selfSigned(`vps-${'x'.repeat(tries)}`, Date.now());
    expect(cert).toMatch(/^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/]{64}\n)+([A-Za-z0-9+/=]{1,64}\n)?-----END CERTIFICATE-----\n$/);
  }
});
