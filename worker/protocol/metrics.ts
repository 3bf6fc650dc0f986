import type { Status } from './status.ts';

/** The newest look at one check from one region. It names no address. */
export interface ProbeReading {
  server: string;
  region: string;
  /** The check's place in the fleet file, from 0. */
  check: number;
  kind: 'tcp' | 'tls' | 'http' | 'banner';
  ok: boolean;
  /** From the start to the result, in milliseconds. */
  ms: number;
  /** Checks of kind `http` only: the status that was answered last; 0: none was. */
  httpStatus?: number | undefined;
}

/** How one `[[notify]]` of the fleet file is, by its place there. It names no URL. */
export interface ChannelReading {
  channel: number;
  working: boolean;
  /** Facts that are not delivered yet. */
  waiting: number;
  /** Tries of the message under way that failed. */
  failures: number;
  /** Messages that were given up. */
  dropped: number;
}

/** What `/metrics` tells: the public picture, and the numbers that no page shows. */
export interface Metrics {
  status: Status;
  probes: ProbeReading[];
  channels: ChannelReading[];
}
