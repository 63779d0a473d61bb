import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Config } from './config/config.ts';
import { createAccountRepository } from './modules/accounts/index.ts';
import { createTrialAnchorRepository } from './modules/activations/index.ts';
import { createApiKeyRepository } from './modules/api-keys/index.ts';
import { createAuditRepository } from './modules/audit/index.ts';
import {
  createBillingProfileRepository,
  createInvoiceRepository,
  createPaymentMethodRepository,
  createPaymentRepository,
  createPlanContractRepository,
  createSubscriptionRepository,
} from './modules/billing/index.ts';
import { createCustomerRepository } from './modules/customers/index.ts';
import { createEventRepository } from './modules/events/index.ts';
import { createSigningKeyRepository } from './modules/leases/index.ts';
import {
  createDeviceRepository,
  createLicenseKeys,
  createLicenseRepository,
  createPersonalData,
} from './modules/licenses/index.ts';
import { loadPlanCatalogue, type PlanCatalogue } from './modules/plans/index.ts';
import { createProductRepository } from './modules/products/index.ts';
import { createUsageRepository, gaugeWriter } from './modules/usage/index.ts';
import { createDeliveryRepository, createEndpointRepository } from './modules/webhooks/index.ts';
import { type Caches, createCaches } from './platform/cache.ts';
import type { Clock } from './platform/clock.ts';
import { loadMasterKey } from './platform/crypto/master-key.ts';
import { createSeal, type Seal } from './platform/crypto/seal.ts';
import type { Connections, Dialect } from './platform/db/dialect/dialect.ts';
import { postgresDialect } from './platform/db/dialect/postgres.ts';
import { sqliteDialect } from './platform/db/dialect/sqlite.ts';
import { type ChangeFollower, followChanges } from './platform/db/follow-changes.ts';
import { observeDialect } from './platform/db/observed-dialect.ts';
import { createPager, type Pager } from './platform/db/paging.ts';
import type { RepositoryTools } from './platform/db/repository-tools.ts';
import { createUnitOfWork, type TransactionTools, type UnitOfWork } from './platform/db/unit-of-work.ts';
import { createOutbox, eventWriter } from './platform/events/outbox.ts';
import { createIdempotencyStore, type IdempotencyStore } from './platform/idempotency.ts';
import { createNewId, type NewId } from './platform/ids.ts';
import { createJobQueue, jobsTag } from './platform/jobs/job-queue.ts';
import type { Logger } from './platform/logger.ts';
import { noTracing, type Tracing } from './platform/tracing.ts';

/** What the server and the command line tool both stand on: keys, database, repositories. */
export interface PlatformCore {
  readonly uow: UnitOfWork<Repositories>;
  readonly plans: PlanCatalogue;
  readonly licenseKeys: ReturnType<typeof createLicenseKeys>;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly connections: Connections;
  readonly caches: Caches;
  /** Until this process follows what others change, it caches nothing. */
  followChanges(log: Logger): void;
  readonly idempotencyStore: IdempotencyStore;
  readonly auditKey: Uint8Array;
  readonly signingKeySeal: Seal;
  readonly webhookSeal: Seal;
  readonly rootKeyFile: string;
  close(): Promise<void>;
}

export type Repositories = ReturnType<ReturnType<typeof repositoryBinder>>;

/** A start that failed for a reason an operator can do something about; the message says what. */
export class StartError extends Error {}

/** Where an installation keeps its things. */
export const dataPaths = (dataDir: string) => ({
  sqlite: join(dataDir, 'thrive.sqlite'),
  keys: join(dataDir, 'keys'),
  masterKey: join(dataDir, 'keys', 'master.key'),
  rootKey: join(dataDir, 'keys', 'root.key'),
});

export const createDialect = ({ databaseUrl, databaseReadUrl, dataDir }: Config): Dialect =>
  databaseUrl ? postgresDialect(databaseUrl, databaseReadUrl) : sqliteDialect(dataPaths(dataDir).sqlite);

/**
 * Opens keys and database.
 *
 * @param prepare what must be so before anything is read: a server claims and migrates, a tool only looks.
 * @returns what closes it gives up again on closing.
 */
export async function openCore(options: {
  config: Config;
  clock: Clock;
  prepare: (dialect: Dialect, connections: Connections) => Promise<() => Promise<void>>;
  /** Told when a transaction has asked for work. */
  onJobs?: () => void;
  tracing?: Tracing;
}): Promise<PlatformCore> {
  const { config, clock, prepare, onJobs = () => {}, tracing = noTracing } = options;
  const newId = createNewId();
  const paths = dataPaths(config.dataDir);
  const masterKey = loadMasterKey(paths.masterKey);
  const plans = loadPlanCatalogue(config.planFile);

  const dialect = observeDialect(createDialect(config), tracing);
  let connections: Connections | undefined;
  try {
    connections = dialect.connect();
    const release = await prepare(dialect, connections);

    const idempotencyStore = createIdempotencyStore(createSeal(masterKey.derive('idempotency')));
    const auditKey = masterKey.derive('audit-chain');
    const pager = createPager(masterKey.derive('cursor'));
    const bind = repositoryBinder({
      dialect,
      clock,
      plans,
      pager,
      newId,
      auditKey,
      idempotencyStore,
      onJobs,
    });
    const opened = connections;
    let follower: ChangeFollower | undefined;
    const caches = createCaches({
      isShared: dialect.changesSince !== null,
      isUpToDate: () => follower?.isUpToDate() ?? false,
    });
    return {
      uow: createUnitOfWork({
        connections,
        dialect,
        clock,
        idempotency: idempotencyStore,
        onCommit: (touched) => {
          caches.invalidate(touched);
          if (touched.has(jobsTag)) onJobs();
        },
        bind,
      }),
      plans,
      licenseKeys: createLicenseKeys(masterKey, randomBytes),
      newId,
      clock,
      dialect,
      connections,
      caches,
      followChanges: (log) => {
        follower = followChanges(dialect, opened, { ...caches, log });
      },
      idempotencyStore,
      auditKey,
      signingKeySeal: createSeal(masterKey.derive('signing-keys')),
      webhookSeal: createSeal(masterKey.derive('webhook-secrets')),
      rootKeyFile: paths.rootKey,
      close: async () => {
        await follower?.close();
        await opened.close();
        await release();
      },
    };
  } catch (error) {
    await connections?.close();
    throw explainStart(dialect, error);
  }
}

/** The failure in words for an operator, where there are any. */
export function explainStart(dialect: Dialect, error: unknown): unknown {
  const explained = dialect.explainFailure(error);
  return explained ? new StartError(explained, { cause: error }) : error;
}

const refuseToWrite = (): never => {
  throw new Error('The reading repositories cannot write.');
};

function repositoryBinder(tools: {
  dialect: Dialect;
  clock: Clock;
  plans: PlanCatalogue;
  pager: Pager;
  newId: NewId;
  auditKey: Uint8Array;
  idempotencyStore: IdempotencyStore;
  onJobs: () => void;
}) {
  const { dialect, clock, plans, pager, newId, auditKey, idempotencyStore, onJobs } = tools;
  const writeEvents = eventWriter(dialect, clock, onJobs);
  const writeGauges = gaugeWriter(dialect);
  return (db: Knex, transaction: TransactionTools | null) => {
    const repositoryTools: RepositoryTools = {
      db,
      sql: dialect.sqlRunner(db),
      lockRow: dialect.lockRow,
      forUpdate: transaction ? dialect.forUpdate : '',
      skipLocked: dialect.skipLocked,
      pager,
      ...(transaction ?? { touch: refuseToWrite, late: { add: refuseToWrite, settle: refuseToWrite } }),
    };
    return {
      accounts: createAccountRepository(repositoryTools),
      apiKeys: createApiKeyRepository(repositoryTools),
      products: createProductRepository(repositoryTools),
      customers: createCustomerRepository(repositoryTools),
      licenses: createLicenseRepository(repositoryTools),
      devices: createDeviceRepository(repositoryTools),
      trialAnchors: createTrialAnchorRepository(repositoryTools),
      signingKeys: createSigningKeyRepository(repositoryTools),
      outbox: createOutbox(repositoryTools, writeEvents, newId, clock),
      events: createEventRepository(repositoryTools),
      jobs: createJobQueue(repositoryTools),
      endpoints: createEndpointRepository(repositoryTools),
      deliveries: createDeliveryRepository(repositoryTools),
      subscriptions: createSubscriptionRepository(repositoryTools),
      invoices: createInvoiceRepository(repositoryTools),
      payments: createPaymentRepository(repositoryTools),
      paymentMethods: createPaymentMethodRepository(repositoryTools),
      billingProfiles: createBillingProfileRepository(repositoryTools),
      planContracts: createPlanContractRepository(repositoryTools),
      usage: createUsageRepository(repositoryTools, {
        ...{ write: writeGauges, newId },
        limitsOf: (plan_code) => plans.find(plan_code)?.limits ?? null,
      }),
      audit: createAuditRepository(repositoryTools, newId, auditKey),
      personalData: createPersonalData(repositoryTools),
      idempotency: {
        forget: (account_id: string, prefixes: readonly string[]) =>
          idempotencyStore.forget(db, account_id, prefixes),
        removeExpired: (now: number, limit: number) => idempotencyStore.removeExpired(db, now, limit),
      },
    };
  };
}
