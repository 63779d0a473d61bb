import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { JobObserver } from './jobs/job-runner.ts';

/** What `/metrics` shows, beside what each door adds. */
export interface Metrics {
  readonly registry: Registry;
  readonly jobs: JobObserver;
  showFloatingSeats(seats: { running: number; lapsed: number }): void;
  /** Counts of jobs in the table, asked for at each look. */
  showJobs(count: () => Promise<{ kind: string; waiting: number; dead: number }[]>): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const lag = new Histogram({
    name: 'job_lag_seconds',
    help: 'Time from when a job was due to when its run began.',
    labelNames: ['kind'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600],
    registers,
  });
  const runs = new Counter({
    name: 'job_runs_total',
    help: 'Runs of jobs by how they ended.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const seats = new Gauge({
    name: 'floating_seats',
    help: 'Floating seats that are taken: their lease runs, or has lapsed and waits for whoever needs the seat.',
    labelNames: ['state'],
    registers,
  });
  return {
    registry,
    showFloatingSeats({ running, lapsed }) {
      seats.set({ state: 'running' }, running);
      seats.set({ state: 'lapsed' }, lapsed);
    },
    jobs: {
      began: (kind, lagMs) => lag.observe({ kind }, Math.max(0, lagMs) / 1000),
      ended: (kind, outcome) => runs.inc({ kind, outcome }),
    },
    showJobs(count) {
      const jobs = new Gauge({
        name: 'jobs',
        help: 'Jobs that are due and that nobody has begun, and dead ones.',
        labelNames: ['kind', 'state'],
        registers,
        async collect() {
          jobs.reset();
          // Without the database there are no counts; the other figures are wanted then more than ever.
          for (const { kind, waiting, dead } of await count().catch(() => [])) {
            jobs.set({ kind, state: 'waiting' }, Number(waiting));
            jobs.set({ kind, state: 'dead' }, Number(dead));
          }
        },
      });
    },
  };
}
