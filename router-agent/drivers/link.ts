import * as z from 'zod/mini';
import type { Os, RunResult } from '../runner.ts';

const entrySchema = z.object({
  ifname: z.string(),
  flags: z.array(z.string()),
  mtu: z.int(),
  ifalias: z.optional(z.string()),
  addr_info: z.array(z.object({ local: z.optional(z.string()), prefixlen: z.optional(z.int()) })),
});
/** `-d`: without it the alias is left out. */
const LOOK = ['ip', '-j', '-d', 'addr', 'show'];

export interface DeviceState {
  up: boolean;
  mtu: number;
  alias: string | null;
  /** `address/prefix` of each address. */
  addresses: string[];
}

/**
 * One network device; null: there is none of that name. All are asked for, so that those who want to know at the same moment share one program. Only the
 * device itself can say that it is not there: a long list may be interrupted, and what some versions of `ip` say of other devices is no JSON.
 */
export async function readDevice(os: Os, device: string): Promise<DeviceState | null> {
  const link = entryOf(await os.query(LOOK), device) ?? entryOf(await os.query([...LOOK, 'dev', device]), device);
  if (link === null) return null;
  const addresses = link.addr_info.flatMap((info) => (info.local === undefined ? [] : [`${info.local}/${info.prefixlen ?? 32}`]));
  return { up: link.flags.includes('UP'), mtu: link.mtu, alias: link.ifalias ?? null, addresses };
}

/** The entries of other devices are not looked into. */
function entryOf({ code, stdout }: RunResult, device: string): z.infer<typeof entrySchema> | null {
  if (code !== 0) return null;
  const list = z.array(z.unknown()).safeParse(parseJson(stdout));
  const entries = (list.data ?? []).map((entry) => entrySchema.safeParse(entry));
  return entries.find(({ data }) => data?.ifname === device)?.data ?? null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // As good as no answer: the caller asks in another way.
  }
}
