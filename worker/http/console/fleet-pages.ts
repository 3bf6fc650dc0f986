import { type FleetEdit, fleetMain } from '../../admin/fleet-file.ts';
import type { Session } from '../../admin/shell.ts';
import { fleetOf } from '../../env.ts';
import { type C, type Content, pageAnswer, seeOther } from './desk.ts';
import { fleetForm, versionForm } from './forms.ts';
import { type Fields, refused } from './guard.ts';

/** The fleet file in force, to edit. */
export async function fleetPage(c: C, session: Session): Promise<Response> {
  return pageAnswer(c, session, content(c, await inForce(c)));
}

/** `check` says what the text would change; `apply` puts it, unless another version has come into force since it was shown. */
export async function editFleet(c: C, session: Session, fields: Fields): Promise<Response> {
  const form = fleetForm.safeParse(fields);
  if (!form.success) return refused(c, session, content(c, await inForce(c)), 422, 'this is no fleet file');
  const { etag, action } = form.data;
  // Forms end lines as mail does.
  const text = form.data.text.replaceAll('\r\n', '\n');
  const dryRun = action === 'check';
  const format = text.trimStart().startsWith('{') ? 'json' : 'toml';
  const { origin } = new URL(c.request.url);
  const outcome = await fleetOf(c.env).putFleet(text, format, { dryRun, ifMatch: etag === '' ? null : etag, note: '', origin });
  if (outcome.ok && !dryRun) return seeOther('/admin/fleet?done=fleet');
  const checked = outcome.ok
    ? { ok: true as const, result: outcome.value }
    : { ok: false as const, reason: outcome.reason, errors: outcome.errors ?? [] };
  return pageAnswer(c, session, content(c, { text, etag, checked }), outcome.ok ? 200 : outcome.status);
}

export async function rollback(c: C, session: Session, fields: Fields): Promise<Response> {
  const form = versionForm.safeParse(fields);
  if (!form.success) return refused(c, session, content(c, await inForce(c)), 422, 'this is no version');
  const outcome = await fleetOf(c.env).rollback(form.data.version);
  if (outcome.ok) return seeOther('/admin/fleet?done=rollback');
  return refused(c, session, content(c, await inForce(c)), outcome.status, outcome.reason);
}

function content(c: C, edit: FleetEdit): Content {
  return {
    path: '/admin/fleet',
    make: async (frame) => ({ title: frame.admin.fleetFile, main: fleetMain(edit, await fleetOf(c.env).versions(), frame) }),
  };
}

async function inForce(c: C): Promise<FleetEdit> {
  const stored = await fleetOf(c.env).getFleet();
  return { text: stored?.toml ?? '', etag: stored?.etag ?? '', checked: null };
}
