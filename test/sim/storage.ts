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
  const rowsOf = (query: string, values: readonly SQLInputValue[]): unknown[] => {
    if (values.length > 0 || /^\s*SELECT/i.test(query)) return prepared(query).all(...values);
    db.exec(query);
    return [];
  };
  let depth = 0;
  const storage = {
    sql: {
      exec(query: string, ...values: SQLInputValue[]) {
        const rows = rowsOf(query, values);
        return { toArray: () => rows, one: () => rows[0], [Symbol.iterator]: () => rows.values() };
      },
    },
    transactionSync<T>(work: () => T): T {
      if (depth > 0) return work();
      db.exec('BEGIN');
      depth++;
      try {
        const result = work();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      } finally {
        depth--;
      }
    },
  };
  return storage as unknown as DurableObjectStorage;
}
