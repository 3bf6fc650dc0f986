/** What goes on after the answer. */
export interface Afterwards {
  waitUntil(work: Promise<unknown>): void;
}

/** One request on its way through the routes. */
export interface Context<Bindings extends object> {
  readonly request: Request;
  readonly url: URL;
  readonly env: Bindings;
  readonly ctx: Afterwards;
  /** What the path's parameters are, decoded. */
  params: Readonly<Record<string, string>>;
}

export type Handler<Bindings extends object> = (c: Context<Bindings>, next: () => Promise<Response>) => Response | Promise<Response>;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';

/** `ALL`: of every method; middleware, or what is left of a path. */
export interface Route<Bindings extends object> {
  method: Method | 'ALL';
  path: string;
  handler: Handler<Bindings>;
}

/**
 * Routes in the order in which they are tried: the first that has the method and the path answers, or passes on to the `next`. A path has parameters
 * (`/sites/:id`), a suffix after one (`/badge/site/:id.svg`), or a star at its end. HEAD is GET without the body.
 */
export class Router<Bindings extends object> {
  readonly routes: Route<Bindings>[] = [];
  private readonly patterns = new Map<string, RegExp>();

  on(method: Method | 'ALL', path: string, handler: Handler<Bindings>): void {
    this.routes.push({ method, path, handler });
    this.patterns.set(path, patternOf(path));
  }

  get(path: string, handler: Handler<Bindings>): void {
    this.on('GET', path, handler);
  }

  post(path: string, handler: Handler<Bindings>): void {
    this.on('POST', path, handler);
  }

  put(path: string, handler: Handler<Bindings>): void {
    this.on('PUT', path, handler);
  }

  delete(path: string, handler: Handler<Bindings>): void {
    this.on('DELETE', path, handler);
  }

  /** All routes of another router, under a prefix. */
  mount(prefix: string, { routes }: Router<Bindings>): void {
    for (const { method, path, handler } of routes) this.on(method, path === '/' && prefix !== '' ? prefix : `${prefix}${path}`, handler);
  }

  /** The methods that routes have for a path, as `Allow` names them: GET brings HEAD along, and OPTIONS is always there. Empty: none has the path. */
  methodsAt(pathname: string): string[] {
    const named = this.routes.filter(({ method, path }) => method !== 'ALL' && this.patterns.get(path)?.test(pathname));
    const methods = new Set<string>(named.map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return methods.size === 0 ? [] : [...methods.add('OPTIONS')];
  }

  /** Answers a request; `last` does where no route does. */
  async handle(c: Context<Bindings>, last: Handler<Bindings>): Promise<Response> {
    const answer = await this.from(0, c, last);
    return c.request.method === 'HEAD' ? new Response(null, answer) : answer;
  }

  private async from(start: number, c: Context<Bindings>, last: Handler<Bindings>): Promise<Response> {
    const method = c.request.method === 'HEAD' ? 'GET' : c.request.method;
    for (const [index, route] of this.routes.entries()) {
      if (index < start || (route.method !== 'ALL' && route.method !== method)) continue;
      const found = this.patterns.get(route.path)?.exec(c.url.pathname);
      if (found == null) continue;
      c.params = mapValues(found.groups ?? {}, decoded);
      return route.handler(c, () => this.from(index + 1, c, last));
    }
    return last(c, () => Promise.reject(new Error('nothing comes after the last')));
  }
}

/** Everything of a path is taken as it is, but for `:name` and a star at the end, which also stands for nothing. */
function patternOf(path: string): RegExp {
  const literal = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\/\*$/, '(?:/.*)?').replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}

/** A text that is not well encoded stays as it came: it names nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function mapValues(record: Record<string, string>, change: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
