import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleEvent } from '@thrivetech/contracts';
import { readConfig } from '../../config/config.ts';
import { openCore, type PlatformCore } from '../../core.ts';
import { migrate } from '../../platform/db/migrate.ts';
import {
  createJobRunner,
  type JobKind,
  type JobRun,
  type JobRunner,
} from '../../platform/jobs/job-runner.ts';
import { createLogger } from '../../platform/logger.ts';
import { type RequestContext, systemRequest } from '../../platform/request-context.ts';
import { newAccount } from '../accounts/index.ts';
import { createAddressGuard } from './address-guard.ts';
import { createEndpoint } from './create-endpoint.ts';
import { deliverEvents } from './deliver-events.ts';
import type { DeliveryRecord, Outcome } from './delivery.ts';
import { fanOutEvents } from './fan-out-events.ts';
import type { WebhookSender } from './send-webhook.ts';

/** What the outside world would say. */
export const delivered: Outcome = {
  ...{ outcome: 'delivered', status: 200, error: null, duration_ms: 5 },
  ...{ response_body: null, retry_after_ms: null },
};
export const failing = (status = 500): Outcome => ({
  ...{ outcome: 'failed', status, error: 'status', duration_ms: 5 },
  ...{ response_body: 'no', retry_after_ms: null },
});

/** A request that a receiver has not answered yet, or has. */
interface SentRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The place of its event in the account. */
  readonly sequence: number;
  readonly sentAt: number;
  isAnswered: boolean;
  answer(outcome?: Outcome): void;
}

/** In place of a network: receivers that answer at once, or keep everybody waiting. */
function createFakeReceivers(clock: { now(): number }) {
  const sent: SentRequest[] = [];
  const mostAtOnce = new Map<string, number>();
  const waiting = (url: string) => sent.filter((request) => request.url === url && !request.isAnswered);
  /** Null: the test answers when it likes. */
  let answerOf: (request: SentRequest) => Outcome | null = () => delivered;

  const sender: WebhookSender = {
    send(url, headers, body) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const request: SentRequest = {
        ...{
          url,
          headers,
          body,
          sequence: JSON.parse(body).sequence,
          sentAt: clock.now(),
          isAnswered: false,
        },
        answer(outcome = delivered) {
          request.isAnswered = true;
          resolve(outcome);
        },
      };
      sent.push(request);
      mostAtOnce.set(url, Math.max(mostAtOnce.get(url) ?? 0, waiting(url).length));
      const outcome = answerOf(request);
      // After a turn of the event loop, as a network would: whatever is begun meanwhile is in flight together.
      if (outcome) setImmediate(() => request.answer(outcome));
      return promise;
    },
    close: async () => {},
  };
  return {
    sender,
    sent,
    waiting,
    mostAtOnce: (url: string) => mostAtOnce.get(url) ?? 0,
    answerBy(answer: (request: SentRequest) => Outcome | null) {
      answerOf = answer;
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** A database with one account, receivers that do as they are told, and the jobs that deliver. */
export async function openWorld() {
  const dataDir = await mkdtemp(join(tmpdir(), 'thrive-webhooks-'));
  let now = Date.UTC(2026, 10, 25, 12);
  const clock = { now: () => now };
  const core: PlatformCore = await openCore({
    config: readConfig({ DATA_DIR: dataDir }),
    clock,
    prepare: async (_dialect, { write }) => {
      await migrate(write);
      return async () => {};
    },
    onJobs: () => {
      for (const runner of runners) runner.wake();
    },
  });
  const { uow, newId, connections } = core;
  const account_id = newId('account', now);
  const account = newAccount({ name: 'Vendor', plan_code: 'enterprise' }, { id: account_id, now });
  await uow.runInternal((tx) => tx.accounts.insert(account));

  const receivers = createFakeReceivers(clock);
  const runners: JobRunner[] = [];
  const logLines: string[] = [];
  /** Every run of a job, and when it ended. */
  const runs: (JobRun & { ended_at: number | null })[] = [];
  let transactions = 0;
  const counted: typeof uow = {
    ...uow,
    runInternal(work) {
      transactions += 1;
      return uow.runInternal(work);
    },
  };
  const watched = (kind: JobKind): JobKind => ({
    ...kind,
    async run(job) {
      const run = { ...job, ended_at: null as number | null };
      runs.push(run);
      const outcome = await kind.run(job);
      run.ended_at = clock.now();
      return outcome;
    },
  });

  const request = (): RequestContext => systemRequest(account_id, { id: newId('request', now), now });
  const dependencies = { ...core, guard: createAddressGuard({ allowedNetworks: [], allowHttp: false }) };
  const createEndpointNow = createEndpoint({ ...dependencies, resolve: async () => [] });
  const db = connections.read;

  return {
    ...{ core, uow, clock, account_id, request, receivers, runs, logLines, db },
    advance(ms: number) {
      now += ms;
    },
    transactions: () => transactions,

    /** One more process that delivers. It waits to be started, or to be told to run what is due. */
    runner(): JobRunner {
      const runner = createJobRunner({
        ...{ uow, clock, observer: { began: () => {}, ended: () => {} } },
        log: createLogger('warn', { write: (line) => logLines.push(line) }),
        kinds: [
          watched(fanOutEvents({ uow, newId, clock })),
          watched(
            deliverEvents({
              ...{ uow: counted, sender: receivers.sender, seal: core.webhookSeal, newId, clock },
              random: () => 0.5,
            }),
          ),
        ],
      });
      runners.push(runner);
      return runner;
    },

    /** An endpoint at an address of its own. */
    async endpoint(fields: { ordered?: boolean; events?: ('*' | 'license.*')[] } = {}) {
      const url = `https://${randomUUID()}.example.com/`;
      return createEndpointNow(request(), { url, ...fields });
    },

    /** Something happens, so many times. */
    async publish(count: number): Promise<void> {
      const { data } = exampleEvent('license.created');
      await uow.runInternal((tx) =>
        tx.outbox.recordMany(
          account_id,
          Array.from({ length: count }, () => ({
            ...{ id: newId('event', now), now, request_id: newId('request', now) },
            ...{ type: 'license.created' as const, data },
          })),
        ),
      );
      for (const runner of runners) runner.wake();
    },

    /** The deliveries of an endpoint, in the order of events. */
    deliveries: (endpoint_id: string): Promise<DeliveryRecord[]> =>
      db('webhook_deliveries').where({ endpoint_id }).orderBy('sequence'),

    /** The job that delivers to an endpoint, if there is one. */
    job: (endpoint_id: string): Promise<{ run_at: number; dead_at: number | null } | undefined> =>
      db('jobs').where({ kind: 'webhooks.deliver', key: endpoint_id }).first(),

    async close() {
      for (const { answer } of receivers.sent.filter(({ isAnswered }) => !isAnswered)) answer();
      for (const runner of runners) await runner.stop();
      await core.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
