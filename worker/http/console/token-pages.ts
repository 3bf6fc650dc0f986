import type { Session } from '../../admin/shell.ts';
import { tokensMain } from '../../admin/tokens.ts';
import { fleetOf, siteOf } from '../../env.ts';
import type { Outcome, TokenRow } from '../../objects/contract.ts';
import { messageAnswer } from '../not-found.ts';
import { type C, type Content, pageAnswer, seeOther } from './desk.ts';
import { refused } from './guard.ts';
import { idOf } from './home.ts';

/** Whose tokens these are: a site's, which its object keeps, or a server's, which the Fleet keeps. */
interface Keeper {
  list(): Promise<Outcome<TokenRow[]>>;
  create(): Promise<Outcome<{ id: string; token: string }>>;
  revoke(token: string): Promise<Outcome<null>>;
}

/** The tokens of one site or server. */
export async function tokensPage(c: C, session: Session): Promise<Response> {
  const keeper = await keeperOf(c);
  return keeper === null ? messageAnswer('notFound', 404, c.request) : pageAnswer(c, session, content(c, keeper, null));
}

/** The secret is in this answer and nowhere else, so it is no redirect. */
export async function createToken(c: C, session: Session): Promise<Response> {
  const keeper = await keeperOf(c);
  if (keeper === null) return messageAnswer('notFound', 404, c.request);
  const made = await keeper.create();
  if (!made.ok) return refused(c, session, content(c, keeper, null), made.status, made.reason);
  return pageAnswer(c, session, content(c, keeper, made.value.token), 201);
}

export async function revokeToken(c: C, session: Session): Promise<Response> {
  const keeper = await keeperOf(c);
  if (keeper === null) return messageAnswer('notFound', 404, c.request);
  const revoked = await keeper.revoke(c.params.token ?? '');
  if (!revoked.ok) return refused(c, session, content(c, keeper, null), revoked.status, revoked.reason);
  return seeOther(`${baseOf(c)}?done=revoke`);
}

function content(c: C, keeper: Keeper, secret: string | null): Content {
  return {
    path: baseOf(c),
    async make(frame) {
      const listed = await keeper.list();
      return { title: `${frame.admin.tokens}: ${idOf(c)}`, main: tokensMain(listed.ok ? listed.value : [], baseOf(c), secret, frame) };
    },
  };
}

/** An id that is not in the fleet file wakes no object. */
async function keeperOf(c: C): Promise<Keeper | null> {
  const [fleet, id] = [fleetOf(c.env), idOf(c)];
  if (baseOf(c).startsWith('/admin/servers/')) {
    const isKnown = (await fleet.listServerTokens(id)).ok;
    const keeper = {
      list: () => fleet.listServerTokens(id),
      create: () => fleet.createServerToken(id),
      revoke: (token: string) => fleet.revokeServerToken(id, token),
    };
    return isKnown ? keeper : null;
  }
  if (!(await fleet.hasSite(id))) return null;
  const site = siteOf(c.env, id);
  return { list: () => site.listTokens(), create: () => site.createToken(), revoke: (token) => site.revokeToken(token) };
}

function baseOf(c: C): string {
  const [, , of = '', id = ''] = c.url.pathname.split('/');
  return `/admin/${of}/${id}`;
}
