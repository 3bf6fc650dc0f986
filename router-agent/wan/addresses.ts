import { networkInterfaces } from 'node:os';

/** The address of a device that is up and has a carrier, as it is just now; null: there is none. */
export type AddressBook = (device: string, family: 4 | 6) => string | null;

/** Asked of the kernel each time (some 50 µs): DHCP may have given another one since. */
export const systemAddresses: AddressBook = (device, family) => {
  const entries = networkInterfaces()[device] ?? [];
  const fitting = entries.filter((entry) => entry.family === `IPv${family}` && !entry.address.startsWith('fe80:'));
  return fitting[0]?.address ?? null;
};
