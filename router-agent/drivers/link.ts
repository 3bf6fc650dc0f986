import * as z from 'zod/mini';
import type { Os } from '../runner.ts';

const schema = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    mtu: z.int(),
    ifalias: z.optional(z.string()),
    addr_info: z.array(z.object({ local: z.optional(z.string()), prefixlen: z.optional(z.int()) })),
  }),
);

export interface DeviceState {
  up: boolean;
  mtu: number;
  alias: string | null;
  /** `address/prefix` of each address. */
  addresses: string[];
}

/**
 * One network device (`-d`: without it the alias is left out); null: there is none of that name. All are asked for, so that those who want to know at
 * the same moment share one program.
 */
export async function readDevice(os: Os, device: string): Promise<DeviceState | null> {
  const result = await os.query(['ip', '-j', '-d', 'addr', 'show']);
  if (result.code !== 0) return null;
  const link = schema.parse(JSON.parse(result.stdout)).find((entry) => entry.ifname === device);
  if (link === undefined) return null;
  const addresses = link.addr_info.flatMap((info) => (info.local === undefined ? [] : [`${info.local}/${info.prefixlen ?? 32}`]));
  return { up: link.flags.includes('UP'), mtu: link.mtu, alias: link.ifalias ?? null, addresses };
}
