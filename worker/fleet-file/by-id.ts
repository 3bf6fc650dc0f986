const INDEXES = new WeakMap<readonly { id: string }[], ReadonlyMap<string, { id: string }>>();

/**
 * The row of this id; undefined when there is none. The list is indexed at its first look-up and must not change after it: a fleet may have thousands of
 * sites, and each of them is looked up when all of them are told something.
 */
export function byId<T extends { id: string }>(rows: readonly T[], id: string): T | undefined {
  let index = INDEXES.get(rows) as ReadonlyMap<string, T> | undefined;
  if (index === undefined) {
    // The first of equal ids, as `find` would have it.
    index = new Map(rows.toReversed().map((row) => [row.id, row]));
    INDEXES.set(rows, index);
  }
  return index.get(id);
}
