import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Knex } from 'knex';
import { createAppRouter } from './app-router.ts';
import type { Config } from './config/config.ts';
import { explainStart, openCore, type PlatformCore, type Repositories } from './core.ts';
import { createHttpServer } from './http/http-server.ts';
import { createLicenseFinder, createWrongKeyGuard } from './modules/activations/index.ts';
import { authenticateApiKey } from './modules/api-keys/index.ts';
import {
  type Billing,
  findDueBilling,
  hearProvider,
  openProvider,
  type PaymentProvider,
  providerChoice,
  runAccountBilling,
} from './modules/billing/index.ts';
import { createLeaseIssuer, openKeyRing } from './modules/leases/index.ts';
import { countFloatingSeats, expireLicenses, expireLicensesOf } from './modules/licenses/index.ts';
import {
  closeDueUsagePeriods,
  createCallCounter,
  nextUsageEnd,
  recountUsage,
  snapshotUsage,
} from './modules/usage/index.ts';
import {
  createAddressGuard,
  createWebhookSender,
  deliverEvents,
  fanOutEvents,
  forgetDeliveries,
  observeSender,
  type Resolve,
  resolveByDns,
  type SendLimits,
} from './modules/webhooks/index.ts';
import { createBatchedTimes } from './platform/batched-times.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import type { Connections, Dialect } from './platform/db/dialect/dialect.ts';
import { watchForeignWrites } from './platform/db/foreign-writes.ts';
import { migrate } from './platform/db/migrate.ts';
import type { UnitOfWork } from './platform/db/unit-of-work.ts';
import { forgetAnswers } from './platform/forget-answers.ts';
import type { NewId } from './platform/ids.ts';
import { createJobRunner, type JobRunner } from './platform/jobs/job-runner.ts';
import type { Logger } from './platform/logger.ts';
import { createMetrics } from './platform/metrics.ts';
import { openRateLimiter } from './platform/rate-limit/open-rate-limiter.ts';
import { openTracing } from './platform/tracing.ts';
import { createIdempotencyGuard } from './trpc/middleware/idempotency.ts';
import { createRunningCalls } from './trpc/middleware/running-calls.ts';
import { createProcedureBuilder } from './trpc/procedure.ts';

export { StartError } from './core.ts';

/** A whole server that does not listen yet. */
export interface Platform {
  readonly app: FastifyInstance;
  readonly uow: UnitOfWork<Repositories>;
  readonly licenseKeys: PlatformCore['licenseKeys'];
  readonly newId: NewId;
  readonly clock: Clock;
  /** Runs work that must happen once on a new database. */
  oneAtATime<Result>(work: () => Promise<Result>): Promise<Result>;
  /** For looking at what is committed: health checks, doctors, tests. */
  readonly database: Knex;
  /** Work that is due by itself. It waits to be started: tests move the clock and run what is due. */
  readonly jobs: JobRunner;
  /** Finishes running requests, writes what is batched, closes the database. */
  close(): Promise<void>;
}

/** Builds the platform from its settings: opens and migrates the database, opens the keys, wires the slices. */
export async function compose(options: {
  config: Config;
  log: Logger;
  clock?: Clock;
  /** How webhooks are sent, where it is not the usual way: another resolver, shorter limits, other certificates. */
  sending?: { resolve?: Resolve; limits?: SendLimits; ca?: string };
  /** Who moves money, where it is not who the settings say. */
  paymentProvider?: PaymentProvider;
}): Promise<Platform> {
  const { config, log, clock = systemClock, sending = {} } = options;
  let runner: JobRunner | undefined;
  const tracing = await openTracing(config.tracesEndpoint, log);
  const core = await openCore({
    config,
    clock,
    prepare: claimAndMigrate,
    // The looks for work that follow are not part of the request that asked for some.
    onJobs: () => tracing.apart(() => runner?.wake()),
    tracing,
  });
  const { uow, plans, licenseKeys, newId, dialect, connections, caches, idempotencyStore } = core;
  let closeRates = async () => {};
  try {
    const keyRing = await dialect.oneAtATime(connections, () =>
      openKeyRing({ uow, seal: core.signingKeySeal, rootKeyFile: core.rootKeyFile, clock }),
    );
    core.followChanges(log);
    const forget = async () => {
      // Where many write, each change is followed by itself.
      if (dialect.changesSince === null) caches.clear();
      await keyRing.reload();
    };
    const watch = watchForeignWrites(dialect, connections, forget, log);

    const rates = await openRateLimiter(config, { log });
    const { limiter } = rates;
    closeRates = rates.close;
    const batched = (note: (tx: Repositories, id: string, value: number) => Promise<void>) =>
      createBatchedTimes(log, (batch) =>
        uow.runInternal(async (tx) => {
          for (const [id, value] of batch) await note(tx, id, value);
        }),
      );
    const sequencesGiven = batched((tx, id, sequence) => tx.devices.noteSequence(id, sequence));
    const devicesSeen = batched((tx, id, at) => tx.devices.noteSeen(id, at));
    const keysUsed = batched((tx, id, at) => tx.apiKeys.noteUsed(id, at));
    const calls = createCallCounter({ uow, log });
    const provider = options.paymentProvider ?? (await openProvider(config.stripe, clock));
    const { seller, adminMarksPaid } = config;
    const billing: Billing = {
      ...{ uow, newId, clock, plans, seller, adminMarksPaid },
      providerOf: providerChoice(provider),
    };
    const { unauthenticatedPerMinute } = config;
    const runningCalls = createRunningCalls();
    const procedure = createProcedureBuilder({
      authenticate: authenticateApiKey({ uow, plans, caches, noteUsed: keysUsed.note }),
      limiter,
      idempotency: createIdempotencyGuard({ store: idempotencyStore, connections, dialect }),
      runningCalls,
      unauthenticatedPerMinute,
      noteCall: calls.note,
      tracing,
    });
    const guard = createAddressGuard({
      allowedNetworks: config.webhookAllowedNetworks,
      allowHttp: config.webhookAllowHttp,
    });
    const sender = observeSender(createWebhookSender({ guard, clock, ...sending }), tracing);
    const { webhookSeal } = core;
    const router = createAppRouter(procedure, {
      uow,
      newId,
      plans,
      licenseKeys,
      finder: createLicenseFinder(
        licenseKeys,
        createWrongKeyGuard(limiter, config.wrongLicenseKeysPerMinute),
      ),
      keyRing,
      leases: createLeaseIssuer({ keyRing, newId, random: randomBytes, noteSequence: sequencesGiven.note }),
      devicesSeen,
      guard,
      resolve: sending.resolve ?? resolveByDns,
      sender,
      webhookSeal,
      caches,
      log,
      billing,
      timedWork: [
        {
          next: (account_id, until) => uow.read.licenses.nextUntoldEndOf(account_id, until),
          run: (account_id, now) => expireLicensesOf({ uow, newId }, account_id, now),
        },
        {
          next: (account_id, until) => nextUsageEnd(uow.read, account_id, until),
          run: (account_id, now) => closeDueUsagePeriods({ uow }, account_id, now),
        },
      ],
    });
    const metrics = createMetrics();
    metrics.showJobs(() => uow.read.jobs.count(clock.now()));
    const app = await createHttpServer({
      router,
      log,
      clock,
      newId,
      limiter,
      unauthenticatedPerMinute,
      isReady: async () => {
        await uow.read.accounts.first();
        return true;
      },
      publishedKeys: async () => keyRing.published,
      metrics: metrics.registry,
      hearProvider: hearProvider(billing, provider),
      tracing,
    });
    const jobs = createJobRunner({
      ...{ uow, clock, log, observer: metrics.jobs, tracing },
      kinds: [
        expireLicenses({ uow, newId, clock }),
        countFloatingSeats({ uow, clock, show: metrics.showFloatingSeats }),
        forgetAnswers({ uow, clock }),
        forgetDeliveries({ uow, clock }),
        fanOutEvents({ uow, newId, clock }),
        deliverEvents({ uow, sender, seal: webhookSeal, newId, clock, random: Math.random }),
        findDueBilling({ uow, clock }),
        runAccountBilling(billing),
        snapshotUsage({ uow, clock }),
        recountUsage({ uow, clock, log }),
      ],
    });
    runner = jobs;

    return {
      app,
      uow,
      licenseKeys,
      newId,
      clock,
      jobs,
      database: connections.read,
      oneAtATime: (work) => dialect.oneAtATime(connections, work),
      close: async () => {
        await app.close();
        await runningCalls.idle();
        await jobs.stop();
        await sender.close();
        watch.close();
        await devicesSeen.close();
        await keysUsed.close();
        await calls.close();
        await rates.close();
        await sequencesGiven.close();
        await core.close();
        await tracing.close();
      },
    };
  } catch (error) {
    await closeRates();
    await core.close();
    throw explainStart(dialect, error);
  }
}

async function claimAndMigrate(dialect: Dialect, connections: Connections): Promise<() => Promise<void>> {
  const release = await dialect.claim();
  try {
    await dialect.oneAtATime(connections, () => migrate(connections.write));
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}
