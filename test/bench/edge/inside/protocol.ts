import * as z from 'zod/mini';

/** Where the Worker with routers inside is told whom to play, as JSON; the answer goes on for as long as they poll, a line for each thing that happens. */
export const CROWD_PATH = '/bench/crowd';

const pathSchema = z.object({ server: z.string(), alive: z.boolean(), rttMs: z.number(), loss: z.number() });
export const routersSchema = z.array(z.object({ site: z.string(), token: z.string(), paths: z.array(pathSchema) }));
export type Routers = z.infer<typeof routersSchema>;

/** A router was told something, or its poll had an answer that is neither news nor "nothing new". */
export const happeningSchema = z.union([
  z.object({ site: z.string(), epoch: z.int(), active: z.string() }),
  z.object({ site: z.string(), lost: z.int() }),
]);
export type Happening = z.infer<typeof happeningSchema>;
