import * as z from 'zod/mini';

/** RFC 3339 lets `t` and `z` be small, which Zod does not. */
const textSchema = z.string().check(z.toUpperCase(), z.meta({ format: 'date-time' }));

/** A point in time on the wire: RFC 3339 with a zone, or an integer of epoch milliseconds. Parsed to epoch milliseconds. */
export const timeSchema = z.pipe(
  z.union([z.pipe(textSchema, z.iso.datetime({ offset: true })), z.int().check(z.minimum(0), z.maximum(8_640_000_000_000_000))], {
    error: 'a time is RFC 3339 ("2026-01-31T12:00:00Z") or an integer of epoch milliseconds',
  }),
  z.transform((time) => (typeof time === 'number' ? time : Date.parse(time))),
);

/** A time that has not passed yet. */
export const futureSchema = timeSchema.check(z.refine((time) => time > Date.now(), 'this time has passed'));
