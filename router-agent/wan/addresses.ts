import { networkInterfaces } from 'node:os';
import { type Clock, systemClock } from '../clock.ts';
import { systemOs } from '../runner.ts';
import { rankIpv6 } from './inet6.ts';

/** The address of a device that is up and has a carrier, as it is just now, of several the one to ask from; null: there is none. */
export type AddressBook = (device: string, family: 4 | 6) => string | null;

/** One look at the kernel's list (some 100 µs) answers all that is asked at about the same time. DHCP may give another address any time. */
const FRESH_MS = 50;
let look = { at: Number.NEGATIVE_INFINITY, devices: {} as ReturnType<typeof networkInterfaces> };

export const systemAddresses: AddressBook = (device, family) => {
  const at = systemClock.now();
  if (at - look.at > FRESH_MS) look = { at, devices: networkInterfaces() };
  const entries = look.devices[device] ?? [];
  const fitting = entries.filter((entry) => entry.family === `IPv${family}` && !entry.address.startsWith('fe80:'));
  const addresses = fitting.map((entry) => entry.address);
  // Of one there is nothing to choose, and nothing to read.
  const isChoice = family === 6 && addresses.length > 1;
  return (isChoice ? rankIpv6(addresses, systemOs.read('/proc/net/if_inet6') ?? '')[0] : addresses[0]) ?? null;
};

const LOOK_MS = 1000;

/** Tells of a WAN whose address has changed, come or gone. The result stops it. */
export function watchAddresses(wans: readonly string[], book: AddressBook, clock: Clock, onChange: (wan: string) => void): () => void {
  const pictureOf = (wan: string) => `${book(wan, 4)} ${book(wan, 6)}`;
  const known = new Map(wans.map((wan) => [wan, pictureOf(wan)]));
  let cancel = clock.after(LOOK_MS, look);
  function look(): void {
    for (const wan of wans) {
      const now = pictureOf(wan);
      if (known.get(wan) === now) continue;
      known.set(wan, now);
      onChange(wan);
    }
    cancel = clock.after(LOOK_MS, look);
  }
  return () => cancel();
}
