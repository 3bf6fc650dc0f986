/** What an object has asked of the platform. */
export interface Used {
  requests: number;
  rows: number;
  activeMs: number;
}

/** Counts it, for whoever keeps the fleet's books. */
export class Odometer {
  private used: Used = { requests: 0, rows: 0, activeMs: 0 };

  add(more: Partial<Used>): void {
    const { requests, rows, activeMs } = this.used;
    this.used = { requests: requests + (more.requests ?? 0), rows: rows + (more.rows ?? 0), activeMs: activeMs + (more.activeMs ?? 0) };
  }

  /** All that was counted since the last time. What could not be told is to be added again. */
  take(): Used {
    const { used } = this;
    this.used = { requests: 0, rows: 0, activeMs: 0 };
    return used;
  }
}
