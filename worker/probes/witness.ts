import { measure, type ProbeOptions } from './probe.ts';

/**
 * Whether this place sees anything at all: true as soon as any of the URLs answers anything, an error page too. False when none does before the
 * deadline. Without witnesses it counts as sighted. Never throws.
 */
export async function isSighted(urls: readonly string[], { timeoutMs }: ProbeOptions): Promise<boolean> {
  if (urls.length === 0) return true;
  const { ok } = await measure(timeoutMs, async (signal) => {
    await Promise.any(urls.map((url) => answers(url, signal)));
    return null;
  });
  return ok;
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { redirect: 'manual', signal, headers: { 'user-agent': 'Farwatch', 'cache-control': 'no-cache' } });
  await response.body?.cancel();
}
