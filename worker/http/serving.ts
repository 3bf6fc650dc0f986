import { notFound } from './not-found.ts';
import type { Afterwards, Router } from './router.ts';
import { unavailable } from './unavailable.ts';

/** Answers every request: what no route has is told so, and what breaks says nothing of itself. Never throws. */
export function serving<Bindings extends object>(router: Router<Bindings>) {
  return async (request: Request, env: Bindings, ctx: Afterwards): Promise<Response> => {
    try {
      const c = { request, url: new URL(request.url), env, ctx, params: {} };
      return await router.handle(c, () => notFound(request, router.methodsAt(c.url.pathname)));
    } catch (error) {
      return unavailable(error, request);
    }
  };
}
