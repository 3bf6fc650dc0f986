import type * as z from 'zod/mini';
import { overview } from '../../admin/overview.ts';
import type { Session } from '../../admin/shell.ts';
import type { Done } from '../../admin/words.ts';
import { fleetOf, siteOf } from '../../env.ts';
import type { Outcome } from '../../objects/contract.ts';
import { type C, type Content, seeOther } from './desk.ts';
import { channelForm, maintenanceForm, pinForm } from './forms.ts';
import { type Fields, refused } from './guard.ts';

/** What came of a control; a form or a service can refuse it in more ways than an object. */
type Result = Outcome<unknown> | { ok: false; status: number; reason: string };

/** The overview: all sites, servers and channels, with their controls. */
export function home({ env }: C): Content {
  return {
    path: '/admin',
    async make(frame) {
      const [status, channels] = await Promise.all([fleetOf(env).status(), fleetOf(env).notifyReport()]);
      return { title: status.fleet.name === '' ? 'Farwatch' : status.fleet.name, main: overview(status, channels, frame) };
    },
  };
}

/** Does it, and goes back to the overview, or says there why not. */
export async function control(c: C, session: Session, done: Done, run: () => Promise<Result>): Promise<Response> {
  const isNowhere = c.url.pathname.startsWith('/admin/sites/') && !(await fleetOf(c.env).hasSite(idOf(c)));
  const result: Result = isNowhere ? { ok: false, status: 404, reason: 'there is no such site' } : await run();
  return result.ok ? seeOther(`/admin?done=${done}`) : refused(c, session, home(c), result.status, result.reason);
}

export function pin(c: C, fields: Fields): Promise<Result> {
  return fitting(pinForm, fields, ({ server, for: s }) => siteOf(c.env, idOf(c)).pin(server, s === 0 ? null : Date.now() + s * 1000));
}

export function maintain(c: C, fields: Fields): Promise<Result> {
  return fitting(maintenanceForm, fields, ({ from, for: s }) => {
    const fromMs = from === '' ? null : Date.parse(`${from}Z`);
    return fleetOf(c.env).setMaintenance(idOf(c), { fromMs, untilMs: (fromMs ?? Date.now()) + s * 1000 });
  });
}

export function testChannel(c: C, fields: Fields): Promise<Result> {
  return fitting(channelForm, fields, async ({ channel }) => {
    const [result] = await fleetOf(c.env).notifyTest(channel);
    if (result === undefined) return { ok: false, status: 404, reason: `there is no notify[${channel}]` };
    return result.ok ? { ok: true, value: null } : { ok: false, status: 502, reason: result.reason ?? 'it was not taken' };
  });
}

export function idOf(c: C): string {
  return c.params.id ?? '';
}

async function fitting<T>(schema: z.ZodMiniType<T>, fields: Fields, run: (form: T) => Promise<Result>): Promise<Result> {
  const form = schema.safeParse(fields);
  if (form.success) return run(form.data);
  return { ok: false, status: 422, reason: form.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') };
}
