import type { Vitals } from '../protocol/status.ts';

/**
 * How the monitor itself is, as health+json (draft-inadarei-api-health-check): `pass`, or `warn` when a vantage is blind. A server that is down
 * is what Farwatch is there for, not a fault of it: it is not in here, so that nobody restarts the watcher because of what it saw.
 */
export function healthOf({ fleet, vantages }: Vitals): { status: 'pass' | 'warn'; [member: string]: unknown } {
  const checks = Object.fromEntries(
    vantages.map((vantage) => [
      `${vantage.id}:sighted`,
      [
        {
          componentId: vantage.id,
          componentType: 'component',
          observedValue: vantage.sighted,
          status: vantage.sighted ? 'pass' : 'warn',
          time: vantage.at ?? undefined,
        },
      ],
    ]),
  );
  const blind = vantages.some((vantage) => !vantage.sighted);
  return {
    status: blind ? 'warn' : 'pass',
    version: '1',
    serviceId: 'farwatch',
    description: `fleet version ${fleet.version}`,
    checks,
  };
}
