/** An expected failure is a value: a sentence that says what went wrong, and never an exception. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; reason: string };

export const succeed = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const fail = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node error (`ENOENT`, `ECONNREFUSED`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
