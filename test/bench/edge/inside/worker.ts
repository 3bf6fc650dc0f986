import type { Env } from '../../../../worker/env.ts';
import edge, { Fleet, Site, Vantage } from '../../../../worker/index.ts';
import { type Answer, headersOf, type Line, Poller } from '../poller.ts';
import { CROWD_PATH, type Happening, type Routers, routersSchema } from './protocol.ts';

export { Fleet, Site, Vantage };

/** What happens within this is told at once: each piece of an answer takes its turn among all that the runtime does. */
const TELL_EVERY_MS = 20;

/**
 * The Worker, and routers in the same process: their polls go through the whole Worker as any request, each as a request of its own, but need no
 * sockets. For crowds that are larger than a machine allows files.
 */
export default {
  ...edge,
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== CROWD_PATH) return edge.fetch(request, env, ctx);
    return play(routersSchema.parse(await request.json()), ctx.exports as unknown as { default: Fetcher });
  },
} satisfies ExportedHandler<Env>;

function play(routers: Routers, self: { default: Fetcher }): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  let untold: string[] = [];
  function tell(happening: Happening): void {
    if (untold.length === 0) setTimeout(flush, TELL_EVERY_MS);
    untold.push(`${JSON.stringify(happening)}\n`);
  }
  function flush(): void {
    void writer.write(encoder.encode(untold.join(''))).catch(() => undefined);
    untold = [];
  }
  for (const { site, token, paths } of routers) {
    const poller = new Poller(lineTo(self.default), site, token, ({ epoch, active }) => tell({ site, epoch, active }));
    poller.failed = () => tell({ site, lost: poller.failures });
    poller.paths = paths;
    void poller.run();
  }
  return new Response(readable);
}

function lineTo(worker: Fetcher): Line {
  return {
    async send(method, path, content = {}): Promise<Answer> {
      try {
        const response = await worker.fetch(`https://edge${path}`, {
          method,
          headers: headersOf(content),
          body: JSON.stringify(content.json),
        });
        const retryAfterS = Number(response.headers.get('retry-after') ?? 0);
        return { status: response.status, body: await response.text(), retryAfterS, atMs: performance.now() };
      } catch {
        return { status: 0, body: '', retryAfterS: 0, atMs: performance.now() };
      }
    },
  };
}
