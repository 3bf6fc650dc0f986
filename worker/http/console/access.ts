import * as z from 'zod/mini';

/** Cloudflare renews its keys every few weeks, and keeps the old ones for days. */
const KEYS_FRESH_MS = 3_600_000;
/** An unknown key is asked for again, but not by every request that names one. */
const KEYS_RETRY_MS = 60_000;
const TIMEOUT_MS = 5000;
/** Clocks differ. */
const LEEWAY_S = 60;

const keysSchema = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.literal('RSA'), n: z.string(), e: z.string() })) });
const headerSchema = z.object({ alg: z.literal('RS256'), kid: z.string() });
const claimsSchema = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  nbf: z.optional(z.number()),
  sub: z.string().check(z.minLength(1)),
  email: z.optional(z.string()),
});

/** The team's domain and the application's audience tag; without both nobody comes by this way. */
export interface AccessSettings {
  ACCESS_TEAM_DOMAIN?: string;
  ACCESS_AUD?: string;
}

type Key = z.infer<typeof keysSchema>['keys'][number];
let cached: { team: string; keys: Key[]; atMs: number } | null = null;

/** Whom Cloudflare Access has let through: its assertion (a JWT) is verified against the team's keys, its audience and its time. Null: nobody. */
export async function accessIdentity(request: Request, env: AccessSettings, nowMs: number): Promise<{ sub: string; who: string } | null> {
  const { ACCESS_TEAM_DOMAIN: domain = '', ACCESS_AUD: audience = '' } = env;
  const assertion = request.headers.get('cf-access-jwt-assertion');
  if (domain === '' || audience === '' || assertion === null) return null;
  const team = domain.includes('://') ? domain.replace(/\/$/, '') : `https://${domain}`;
  const [header = '', payload = '', signature = '', ...rest] = assertion.split('.');
  const head = headerSchema.safeParse(decoded(header));
  const claims = claimsSchema.safeParse(decoded(payload));
  const tag = bytesOf(signature);
  if (rest.length > 0 || !head.success || !claims.success || tag === null) return null;
  const { iss, aud, exp, nbf = 0, sub, email } = claims.data;
  const nowS = nowMs / 1000;
  const isOurs = iss === team && [aud].flat().includes(audience) && exp > nowS - LEEWAY_S && nbf < nowS + LEEWAY_S;
  const key = isOurs ? await keyOf(team, head.data.kid, nowMs) : undefined;
  if (key === undefined || !(await verifies(key, tag, `${header}.${payload}`))) return null;
  return { sub, who: email ?? sub };
}

async function keyOf(team: string, kid: string, nowMs: number): Promise<Key | undefined> {
  const known = cached?.team === team ? cached : null;
  const found = known?.keys.find((key) => key.kid === kid);
  const ageMs = nowMs - (known?.atMs ?? Number.NEGATIVE_INFINITY);
  if (ageMs < (found === undefined ? KEYS_RETRY_MS : KEYS_FRESH_MS)) return found;
  const keys = await askKeys(team);
  // A team that cannot be asked now has the keys that it had.
  cached = { team, keys: keys ?? known?.keys ?? [], atMs: nowMs };
  return cached.keys.find((key) => key.kid === kid);
}

async function askKeys(team: string): Promise<Key[] | null> {
  try {
    const answer = await fetch(`${team}/cdn-cgi/access/certs`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return keysSchema.parse(await answer.json()).keys;
  } catch (error) {
    console.warn(`the keys of ${team} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

async function verifies({ n, e }: Key, signature: Uint8Array, text: string): Promise<boolean> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  try {
    const key = await crypto.subtle.importKey('jwk', { kty: 'RSA', n, e }, algorithm, false, ['verify']);
    return await crypto.subtle.verify(algorithm, key, signature, new TextEncoder().encode(text));
  } catch (error) {
    console.warn(`a key of Cloudflare Access is not usable: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** The JSON of a part of a JWT; null when it is none. */
function decoded(part: string): unknown {
  const bytes = bytesOf(part);
  if (bytes === null) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function bytesOf(base64url: string): Uint8Array | null {
  if (!/^[\w-]*$/.test(base64url) || base64url.length % 4 === 1) return null;
  return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}
