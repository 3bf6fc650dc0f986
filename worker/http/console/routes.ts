import { ADMIN_CSS } from '../../admin/css.ts';
import type { Session } from '../../admin/shell.ts';
import type { Done } from '../../admin/words.ts';
import { type Env, fleetOf, siteOf } from '../../env.ts';
import { sameSecret } from '../../objects/tokens.ts';
import { waitAfterWrong } from '../limit.ts';
import { withPublicHeaders } from '../public-headers.ts';
import { represent } from '../representation.ts';
import { Router } from '../router.ts';
import { type C, pageAnswer, seeOther, signInAnswer } from './desk.ts';
import { editFleet, fleetPage, rollback } from './fleet-pages.ts';
import { isOwnOrigin, readForm, tokenForm } from './forms.ts';
import { changing, type Fields, reading } from './guard.ts';
import { control, home, idOf, maintain, pin, testChannel } from './home.ts';
import { closeSession, openSession } from './session.ts';
import { createToken, revokeToken, tokensPage } from './token-pages.ts';

/** People's controls, under `/admin`: pages and forms that need no script. Whoever is not signed in gets the form to sign in, and nothing else. */
export function consoleRoutes(): Router<Env> {
  const app = new Router<Env>();
  const page = (path: string, answer: (c: C, session: Session) => Promise<Response>) =>
    app.get(path, (c) => reading(c, (session) => answer(c, session)));
  const form = (path: string, answer: (c: C, session: Session, fields: Fields) => Promise<Response>) =>
    app.post(path, (c) => changing(c, home(c), (session, fields) => answer(c, session, fields)));
  const button = (path: string, done: Done, run: (c: C, fields: Fields) => ReturnType<typeof pin>) =>
    form(path, (c, session, fields) => control(c, session, done, () => run(c, fields)));

  app.get('/page.css', async (c) => withPublicHeaders(await represent(c, { content: ADMIN_CSS, type: 'text/css; charset=utf-8' })));
  app.post('/sign-in', signIn);
  form('/sign-out', async (c) => seeOther('/admin', closeSession(c.request)));

  page('/', (c, session) => pageAnswer(c, session, home(c)));
  button('/sites/:id/pin', 'pin', pin);
  button('/sites/:id/unpin', 'unpin', (c) => siteOf(c.env, idOf(c)).unpin());
  button('/sites/:id/drill', 'drill', (c) => siteOf(c.env, idOf(c)).drill());
  button('/servers/:id/maintenance', 'maintenance', maintain);
  button('/servers/:id/maintenance/end', 'maintenanceEnd', (c) => fleetOf(c.env).setMaintenance(idOf(c), null));
  button('/notify/test', 'notify', testChannel);

  for (const owner of ['/sites/:id', '/servers/:id']) {
    page(owner, tokensPage);
    form(`${owner}/tokens`, createToken);
    form(`${owner}/tokens/:token/revoke`, revokeToken);
  }

  page('/fleet', fleetPage);
  form('/fleet', editFleet);
  form('/fleet/rollback', rollback);
  return app;
}

/** The administrator's token for a cookie. A right one is taken also from an address that sent many wrong ones. */
async function signIn(c: C): Promise<Response> {
  const { ADMIN_TOKEN: adminToken = '' } = c.env;
  if (adminToken === '') return signInAnswer(c, 503, null);
  if (!isOwnOrigin(c.request)) return signInAnswer(c, 403, (words) => words.foreign);
  const form = await readForm(c.request);
  const token = form.ok ? tokenForm.safeParse(form.fields).data?.token : undefined;
  if (token !== undefined && (await sameSecret(token.trim(), adminToken)))
    return seeOther('/admin', await openSession(adminToken, c.request, Date.now()));
  const wait = waitAfterWrong(c.request);
  if (wait !== null) return signInAnswer(c, 429, (words) => words.tooMany, { 'retry-after': String(wait) });
  return signInAnswer(c, 401, (words) => words.wrongToken, { 'www-authenticate': 'Bearer realm="farwatch"' });
}
