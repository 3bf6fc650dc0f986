/** An error with what caused it, in one line. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (last: ${explain(error.cause)})`;
}
