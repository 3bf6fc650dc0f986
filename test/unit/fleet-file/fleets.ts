import { type ReadFleetResult, readFleet } from '../../../worker/fleet-file/read.ts';
import type { Fleet } from '../../../worker/fleet-file/schema.ts';

/** The smallest fleet that has one of everything, as a plain object that a test may change. */
export function smallFleet() {
  return {
    fleet: { name: 'test' } as Record<string, unknown>,
    probing: {} as Record<string, unknown>,
    vantage: [{ id: 'weur', region: 'weur' }] as Record<string, unknown>[],
    server: [
      { id: 'a', address: 'a.example.net', region: 'eu', priority: 200, check: [{ kind: 'tls', port: 65_500 }] },
      { id: 'b', address: 'b.example.net', region: 'us', check: [{ kind: 'tls', port: 65_500 }] },
    ] as Record<string, unknown>[],
    site: [{ id: 'home', servers: ['a', 'b'] }] as Record<string, unknown>[],
    notify: [] as Record<string, unknown>[],
  };
}

export function read(file: unknown, allowPrivate = false): ReadFleetResult {
  return readFleet(JSON.stringify(file), 'json', { allowPrivate });
}

/** The fleet of a file that must be right. */
export function fleetOf(file: unknown, allowPrivate = false): Fleet {
  const result = read(file, allowPrivate);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.fleet;
}

/** Path → message of a file that must be wrong. */
export function errorsOf(file: unknown, allowPrivate = false): Record<string, string> {
  const result = read(file, allowPrivate);
  if (result.ok) throw new Error('the file is right');
  return Object.fromEntries(result.errors.map(({ path, message }) => [path, message]));
}

/** The warnings of a file that must be right. */
export function warningsOf(file: unknown, allowPrivate = false): string[] {
  const result = read(file, allowPrivate);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.warnings;
}
