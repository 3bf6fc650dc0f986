import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** Rows that outlive the object that wrote them: SQLite in memory, in the shape of a Durable Object's storage. So the real stores run on it. */
export function memoryStorage(): DurableObjectStorage {
  const db = new DatabaseSync(':memory:');
  const statements = new Map<string, StatementSync>();
  const prepared = (query: string): StatementSync => {
    const known = statements.get(query) ?? db.prepare(query);
    statements.set(query, known);
    return known;
  };
  const begin = db.prepare('BEGIN');
  const commit = db.prepare('COMMIT');
  /** A transaction costs nothing until something is written in it: most turns write nothing. */
  let transaction: 'none' | 'asked' | 'begun' = 'none';
  const rowsOf = (query: string, values: readonly SQLInputValue[]): unknown[] => {
    if (/^\s*SELECT/i.test(query)) return prepared(query).all(...values);
    if (transaction === 'asked') begin.run();
    if (transaction === 'asked') transaction = 'begun';
    if (values.length > 0) return prepared(query).all(...values);
    db.exec(query);
    return [];
  };
  const storage = {
    sql: {
      exec(query: string, ...values: SQLInputValue[]) {
        const rows = rowsOf(query, values);
        return { toArray: () => rows, one: () => rows[0], [Symbol.iterator]: () => rows.values() };
      },
    },
    transactionSync<T>(work: () => T): T {
      if (transaction !== 'none') return work();
      transaction = 'asked';
      const begun = (): boolean => transaction === 'begun';
      try {
        const result = work();
        if (begun()) commit.run();
        return result;
      } catch (error) {
        if (begun()) db.exec('ROLLBACK');
        throw error;
      } finally {
        transaction = 'none';
      }
    },
  };
  return storage as unknown as DurableObjectStorage;
}
