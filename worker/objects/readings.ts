import { checkSpecs } from '../fleet-file/rules.ts';
import type { Fleet } from '../fleet-file/schema.ts';
import type { ProbeReading } from '../protocol/metrics.ts';
import type { Reading } from './contract.ts';

/** The newest result of every check from every vantage, for metrics. In memory only: a restarted Fleet has them again after one round. */
export class Readings {
  private newest = new Map<string, Reading>();

  note(vantage: string, readings: readonly Reading[]): void {
    for (const reading of readings) this.newest.set(keyOf(vantage, reading.server, reading.check), reading);
  }

  /** After a change of the configuration a check's number can mean another check. */
  forget(): void {
    this.newest = new Map();
  }

  /** Of all checks in the fleet file, the newest look from each region. */
  of(fleet: Fleet): ProbeReading[] {
    const regions = [...new Set(fleet.vantage.map(({ region }) => region))];
    return fleet.server.flatMap((server) =>
      checkSpecs(server).flatMap(({ kind }, check) =>
        regions.flatMap((region) => {
          const seen = this.fromRegion(fleet, region, server.id, check);
          if (seen === undefined) return [];
          const http = kind === 'http' ? { httpStatus: seen.status ?? 0 } : {};
          return [{ server: server.id, region, check, kind, ok: seen.ok, ms: seen.ms, ...http }];
        }),
      ),
    );
  }

  private fromRegion(fleet: Fleet, region: string, server: string, check: number): Reading | undefined {
    const looks = fleet.vantage
      .filter((vantage) => vantage.region === region)
      .flatMap(({ id }) => this.newest.get(keyOf(id, server, check)) ?? []);
    return looks.sort((a, b) => b.t - a.t)[0];
  }
}

function keyOf(vantage: string, server: string, check: number): string {
  return `${vantage}/${server}/${check}`;
}
