import type { System } from '../system.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import { firstUp, Router } from './router.ts';

const HEARTBEAT_MS = 1000;
const REAPER_MS = 1000;
const THRESHOLD = 8;
const MAX_SAMPLES = 1000;
const MIN_DEVIATION_MS = 100;
const ACCEPTABLE_PAUSE_MS = 3000;

/** The φ accrual detector of Hayashibara et al. as Akka Cluster has it, with its defaults, between the router and each server. */
export const phiAccrual: System = {
  id: 'phi-accrual',
  name: 'φ accrual',
  rule: `A heartbeat each second, answered at once; each second φ = −log₁₀(1 − F(time since the last one)) with F normal by the last ${MAX_SAMPLES} intervals (deviation at least ${MIN_DEVIATION_MS} ms, mean + ${ACCEPTABLE_PAUSE_MS / 1000} s of acceptable pause); φ > ${THRESHOLD} is down, the next heartbeat is up. With both down it stays where it is.`,
  sources: [
    'Hayashibara et al., The φ Accrual Failure Detector (2004)',
    'akka-cluster reference.conf, failure-detector; akka.remote.PhiAccrualFailureDetector (its logistic approximation of F)',
  ],
  start(place) {
    const router = new Router(place);
    const up = { a: true, b: true };
    const change = (server: Server, well: boolean): void => {
      if (up[server] === well) return;
      up[server] = well;
      const best = firstUp(up);
      if (best !== null) router.use(best);
    };
    for (const [i, server] of SERVERS.entries()) {
      const history = new History();
      const beat = (): void => {
        router.ping(server, 60_000, (rttMs) => {
          if (rttMs === null) return;
          history.arrived(router.now());
          change(server, true);
        });
        router.after(HEARTBEAT_MS, beat);
      };
      const reap = (): void => {
        if (history.phi(router.now()) > THRESHOLD) change(server, false);
        router.after(REAPER_MS, reap);
      };
      router.after(i * 210, beat);
      router.after(i * 210 + 555, reap);
    }
  },
};

/** Intervals between heartbeats. Like Akka's it begins with a guess of `HEARTBEAT_MS`, and leaves out an interval that was a failure. */
class History {
  private readonly ring: number[] = [HEARTBEAT_MS * 0.75, HEARTBEAT_MS * 1.25];
  private oldest = 0;
  private sum = 2 * HEARTBEAT_MS;
  private squares = (HEARTBEAT_MS * 0.75) ** 2 + (HEARTBEAT_MS * 1.25) ** 2;
  private last: number | null = null;

  arrived(t: number): void {
    if (this.last !== null && this.phi(t) <= THRESHOLD) this.add(t - this.last);
    this.last = t;
  }

  phi(t: number): number {
    if (this.last === null) return 0;
    const count = this.ring.length;
    const mean = this.sum / count;
    const deviation = Math.max(MIN_DEVIATION_MS, Math.sqrt(Math.max(0, this.squares / count - mean * mean)));
    const y = (t - this.last - mean - ACCEPTABLE_PAUSE_MS) / deviation;
    const e = Math.exp(-y * (1.5976 + 0.070566 * y * y));
    return y > 0 ? -Math.log10(e / (1 + e)) : -Math.log10(1 - 1 / (1 + e));
  }

  private add(ms: number): void {
    if (this.ring.length < MAX_SAMPLES) this.ring.push(ms);
    else {
      const gone = this.ring[this.oldest] ?? 0;
      this.sum -= gone;
      this.squares -= gone * gone;
      this.ring[this.oldest] = ms;
      this.oldest = (this.oldest + 1) % MAX_SAMPLES;
    }
    this.sum += ms;
    this.squares += ms * ms;
  }
}
