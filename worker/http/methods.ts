/** A route as Hono keeps it. `ALL` is middleware. */
interface Route {
  method: string;
  path: string;
}

/** The methods that routes have for a path, as `Allow` names them: GET brings HEAD along, and OPTIONS is always there. Empty: no route has the path. */
export function methodsAt(routes: readonly Route[], pathname: string): string[] {
  const methods = new Set(
    routes.filter(({ method, path }) => method !== 'ALL' && patternOf(path).test(pathname)).map(({ method }) => method),
  );
  if (methods.has('GET')) methods.add('HEAD');
  return methods.size === 0 ? [] : [...methods.add('OPTIONS')];
}

/** `/sites/:id`, and `/:file{[^/]+\.svg}` where the parameter has a form of its own. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:\w+(\{(.+?)\}(?=\/|$))?/g, (_, __, form?: string) => `(?:${form ?? '[^/]+'})`)}$`);
}
