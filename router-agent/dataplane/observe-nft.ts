import * as z from 'zod/mini';
import { NFT_TABLE } from '../own.ts';
import type { Os } from '../runner.ts';
import type { Chain } from './chains.ts';
import type { ObservedTable, Steering } from './model.ts';
import { FINGERPRINT_PREFIX, viaMark } from './nft.ts';

/*
 * `nft -j list table` in the part that we need. Unknown kinds of elements make the table "changed by somebody", never an error: then it
 * is replaced. (The text form is not used: nft 1.0.6 crashes on some of its own maps there.)
 */
const verdict = z.object({ goto: z.object({ target: z.string() }) });
const bucket = z.union([z.int(), z.object({ range: z.tuple([z.int(), z.int()]) })]);
const item = z.object({
  chain: z.optional(z.object({ name: z.string() })),
  rule: z.optional(z.object({ chain: z.string() })),
  map: z.optional(z.object({ name: z.string(), elem: z.optional(z.array(z.tuple([bucket, verdict]))) })),
  set: z.optional(z.object({ name: z.string(), elem: z.optional(z.array(z.int())) })),
});
const listing = z.object({ nftables: z.array(item) });

/** Reads our table; null: there is none. */
export async function observeTable(os: Os): Promise<ObservedTable | null> {
  const result = await os.query(['nft', '-j', 'list', 'table', 'inet', NFT_TABLE]);
  if (result.code !== 0) return null;
  return readTable(result.stdout);
}

const STRANGE: ObservedTable = { fingerprint: null, steering: { weights: [], live: {}, dead: [] } };

/** The same from nft's JSON. */
export function readTable(json: string): ObservedTable {
  const parsed = listing.safeParse(parseJson(json));
  if (!parsed.success) return STRANGE;
  const items = parsed.data.nftables;
  const steering = readSteering(items);
  if (steering === null) return STRANGE;
  return { fingerprint: fingerprintIn(items), steering };
}

type Item = z.infer<typeof item>;

/** The fingerprint that the table was made with, and how many rules each chain has now: a flushed chain does not pass for whole. */
function fingerprintIn(items: Item[]): string | null {
  const name = items.find((entry) => entry.chain?.name.startsWith(FINGERPRINT_PREFIX))?.chain?.name;
  if (name === undefined) return null;
  const chains = items.flatMap((entry) => (entry.chain === undefined ? [] : [entry.chain.name]));
  const counts = chains
    .filter((chain) => chain !== name)
    .map((chain) => [chain, items.filter((entry) => entry.rule?.chain === chain).length]);
  return withCounts(name.slice(FINGERPRINT_PREFIX.length), Object.fromEntries(counts));
}

/** What an untouched table of these chains reads as. */
export function expectedFingerprint(hash: string, chains: readonly Chain[]): string {
  return withCounts(hash, Object.fromEntries(chains.map((chain) => [chain.name, chain.rules.length])));
}

function withCounts(hash: string, counts: Record<string, number>): string {
  const text = Object.keys(counts)
    .sort()
    .map((chain) => `${chain}=${counts[chain]}`)
    .join(',');
  return `${hash}:${text}`;
}

function readSteering(items: Item[]): Steering | null {
  const weights = (mapNamed(items, 'weights') ?? []).map(([key, to]) => {
    const [from, until] = typeof key === 'number' ? [key, key] : key.range;
    return [from, until, viaMark(to.goto.target) ?? 0] satisfies [number, number, number];
  });
  const live = (mapNamed(items, 'live') ?? []).map(
    ([key, to]) => [typeof key === 'number' ? key : 0, viaMark(to.goto.target) ?? 0] as const,
  );
  const dead = items.find((entry) => entry.set?.name === 'dead')?.set?.elem ?? [];
  if (weights.some(([, , mark]) => mark === 0) || live.some(([from, to]) => from === 0 || to === 0)) return null;
  return { weights: weights.sort((a, b) => a[0] - b[0]), live: Object.fromEntries(live), dead: [...dead].sort((a, b) => a - b) };
}

function mapNamed(items: Item[], name: string) {
  return items.find((entry) => entry.map?.name === name)?.map?.elem;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return String(error);
  }
}
