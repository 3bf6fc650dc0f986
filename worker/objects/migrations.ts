/**
 * Brings an object's tables up to date: runs the steps that this storage has not seen yet, in order and in one transaction.
 *
 * `steps` is append-only: a step that was ever deployed is never edited, reordered or removed, because what a storage has seen is
 * remembered by its place in the list. One step may hold several statements, and no transaction of its own. Call it in the constructor,
 * inside `blockConcurrencyWhile` or synchronously, before anything reads.
 *
 * With `isNew: false`, of a storage that was brought up to date before, one that still is costs no transaction.
 *
 * @throws when a step fails (nothing of this call is kept), or when the storage has seen more steps than there are: a newer release wrote it.
 */
export function migrate(storage: DurableObjectStorage, steps: readonly string[], { isNew = true } = {}): void {
  if (!isNew && seenSteps(storage.sql) === steps.length) return;
  storage.transactionSync(() => {
    storage.sql.exec('CREATE TABLE IF NOT EXISTS migration (step INTEGER PRIMARY KEY) STRICT');
    const seen = seenSteps(storage.sql);
    if (seen > steps.length) throw new Error(`this storage has seen ${seen} migrations, this release knows ${steps.length}`);
    for (const [index, step] of steps.entries()) {
      if (index < seen) continue;
      storage.sql.exec(step);
      storage.sql.exec('INSERT INTO migration (step) VALUES (?)', index + 1);
    }
  });
}

function seenSteps(sql: SqlStorage): number {
  return sql.exec<{ seen: number }>('SELECT COUNT(*) AS seen FROM migration').one().seen;
}
