import * as z from 'zod/mini';

/** A whole number, 0 or more. */
export const countSchema = z.int().check(z.minimum(0));
