import type { Pool } from './pool.ts';
import { measure, type ProbeOptions } from './probe.ts';

/**
 * Whether this place sees anything at all: true as soon as any of the URLs answers anything, an error page too. False when none does before its
 * deadline. Without witnesses it counts as sighted. Never throws. In the pool they go before the probes that wait: a failure waits for them.
 */
export async function isSighted(urls: readonly string[], options: ProbeOptions, pool: Pool): Promise<boolean> {
  if (urls.length === 0) return true;
  const answers = urls.map((url) => pool.run(() => expectAnswer(url, options), { urgent: true }));
  return Promise.any(answers).then(
    () => true,
    () => false,
  );
}

async function expectAnswer(url: string, { timeoutMs }: ProbeOptions): Promise<void> {
  const { ok } = await measure(timeoutMs, async (signal) => {
    const response = await fetch(url, { redirect: 'manual', signal, headers: { 'user-agent': 'Farwatch', 'cache-control': 'no-cache' } });
    await response.body?.cancel();
    return null;
  });
  if (!ok) throw new Error(`${url} does not answer`);
}
