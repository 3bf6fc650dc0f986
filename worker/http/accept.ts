/** The share that a media type has in an `Accept` header (RFC 9110 §12.5.1), 0–1: by the most specific range that names it. */
function qualityOf(type: string, accept: string): number {
  const [group] = type.split('/');
  let best = { specificity: -1, q: 0 };
  for (const part of accept.slice(0, 1000).toLowerCase().split(',')) {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const specificity = [`*/*`, `${group}/*`, type].indexOf(range);
    if (specificity < 0 || specificity < best.specificity) continue;
    best = { specificity, q: specificity === best.specificity ? Math.max(best.q, quality(parameters)) : quality(parameters) };
  }
  return best.q;
}

function quality(parameters: readonly string[]): number {
  const q = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return Number.isFinite(q) ? q : 0;
}

/** Of the types that can be sent, the one that is wanted most; the first where several are, or none is. */
export function preferred<T extends string>(accept: string | null, types: readonly [T, ...T[]]): T {
  let best: T = types[0];
  for (const type of types) if (qualityOf(type, accept ?? '*/*') > qualityOf(best, accept ?? '*/*')) best = type;
  return best;
}
