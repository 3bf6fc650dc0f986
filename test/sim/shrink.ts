/**
 * The smallest part of `list` that still fails, as far as delta debugging finds it (Zeller's ddmin): chunks are left out, large ones first.
 * `fails` is asked at most `tries` times; what is left then is the answer.
 */
export function shrink<T>(list: readonly T[], fails: (part: readonly T[]) => boolean, tries: number): T[] {
  let kept = [...list];
  let left = tries;
  let chunk = Math.ceil(kept.length / 2);
  while (kept.length > 0 && left > 0) {
    let shorter: T[] | null = null;
    for (let from = 0; from < kept.length && left > 0; from += chunk) {
      const part = [...kept.slice(0, from), ...kept.slice(from + chunk)];
      left--;
      if (!fails(part)) continue;
      shorter = part;
      break;
    }
    if (shorter !== null) {
      kept = shorter;
      chunk = Math.min(chunk, Math.max(1, Math.ceil(kept.length / 2)));
    } else if (chunk === 1) return kept;
    else chunk = Math.ceil(chunk / 2);
  }
  return kept;
}
