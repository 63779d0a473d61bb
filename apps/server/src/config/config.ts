import { isIPv4, isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const variables = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: z
    .string()
    .regex(
      /^postgres(ql)?:\/\//,
      'must be a postgres:// address; leave it out for the SQLite file in DATA_DIR',
    )
    .optional(),
  DATABASE_READ_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be the postgres:// address of a standby')
    .optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  PLAN_FILE: z.string().min(1).optional(),
  UNAUTHENTICATED_PER_MINUTE: z.coerce.number().int().min(1).default(120),
  WRONG_LICENSE_KEYS_PER_MINUTE: z.coerce.number().int().min(1).default(30),
  RATE_LIMIT_STORE: z.enum(['auto', 'memory', 'postgres', 'redis']).default('auto'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/[^/]/, 'must be a redis:// or rediss:// address')
    .optional(),
  WEBHOOK_ALLOWED_NETWORKS: z
    .string()
    .transform((list) => list.split(',').map((network) => network.trim()))
    .refine(
      (networks) => networks.every(isNetwork),
      'must be networks such as 10.1.0.0/16, with commas between',
    )
    .default([]),
  WEBHOOK_ALLOW_HTTP: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  PAYMENT_PROVIDER: z.enum(['manual', 'stripe']).default('manual'),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_/, 'must be a secret or restricted key of Stripe')
    .optional(),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_/, 'must be the signing secret of the endpoint')
    .optional(),
  STRIPE_RETURN_URL: z.url({ protocol: /^https?$/ }).optional(),
  STRIPE_API_BASE: z.url({ protocol: /^https?$/ }).optional(),
  ADMIN_MARKS_PAID: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true'),
  SELLER_NAME: z.string().min(1).max(200).default('ThriveTech Platform'),
  SELLER_DETAILS: z
    .string()
    .max(1000)
    .transform((list) => list.split(';').map((line) => line.trim()))
    .default([]),
});

/** Settings that need each other. */
const environment = variables.superRefine((settings, context) => {
  if (settings.DATABASE_READ_URL !== undefined && settings.DATABASE_URL === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['DATABASE_READ_URL'],
      message: 'needs DATABASE_URL beside it',
    });
  }
  if (settings.RATE_LIMIT_STORE === 'postgres' && settings.DATABASE_URL === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['RATE_LIMIT_STORE'],
      message: 'postgres needs DATABASE_URL beside it',
    });
  }
  if (settings.RATE_LIMIT_STORE === 'redis' && settings.REDIS_URL === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['REDIS_URL'],
      message: 'is needed where RATE_LIMIT_STORE is redis',
    });
  }
  if (settings.PAYMENT_PROVIDER !== 'stripe') return;
  for (const name of ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'] as const) {
    if (settings[name] === undefined)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is needed where PAYMENT_PROVIDER is stripe',
      });
  }
});

function isNetwork(text: string): boolean {
  const [address = '', bits = ''] = text.split('/');
  if (!/^\d{1,3}$/.test(bits)) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}

/** Several nodes may serve one PostgreSQL; a SQLite file has one. */
const sharedStore = (databaseUrl: string | undefined) => (databaseUrl === undefined ? 'memory' : 'postgres');

/** The settings of one server, complete and checked. */
export interface Config {
  /** 0 lets the system choose a free port. */
  readonly port: number;
  readonly host: string;
  /** Holds the keys and, unless `databaseUrl` is set, the SQLite file. */
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** A standby of it, for lists and exports, which may lag behind. */
  readonly databaseReadUrl: string | undefined;
  readonly logLevel: z.infer<typeof environment>['LOG_LEVEL'];
  readonly planFile: string;
  /** Requests without a valid API key that one address may send in a minute. */
  readonly unauthenticatedPerMinute: number;
  /** License keys that one address may get wrong in a minute before its calls are refused. */
  readonly wrongLicenseKeysPerMinute: number;
  /** Where requests are counted: in this process, or in one place for all nodes. */
  readonly rateLimitStore: 'memory' | 'postgres' | 'redis';
  readonly redisUrl: string | undefined;
  /** Networks (CIDR) that webhooks may reach although they are not public. */
  readonly webhookAllowedNetworks: readonly string[];
  readonly webhookAllowHttp: boolean;
  /** Where a collector of traces listens (OTLP over HTTP); null: nothing is traced. */
  readonly tracesEndpoint: string | null;
  /** Who moves the accounts' money; null: they pay the operator, who notes it. */
  readonly stripe: StripeSettings | null;
  /** May an admin key note money that came in another way? False where the accounts are not the operator's own. */
  readonly adminMarksPaid: boolean;
  /** Who invoices: a name, and lines below it such as address and tax number. */
  readonly seller: { readonly name: string; readonly lines: string[] };
}

export interface StripeSettings {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Where a payer comes back to after confirming a payment; null: nobody is sent anywhere. */
  readonly returnUrl: string | null;
  /** Where Stripe is; null: at its own address. */
  readonly apiBase: string | null;
}

/** Thrown when settings are wrong; the message lists every bad one, so that a start fails once, not five times. */
export class ConfigError extends Error {}

/**
 * Reads the settings out of environment variables. An empty variable counts as not set.
 *
 * @throws {ConfigError} naming every variable that is wrong and what it must be.
 */
export function readConfig(variables: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`These settings are wrong: ${faults.join('; ')}`);
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    dataDir: resolve(data.DATA_DIR),
    databaseUrl: data.DATABASE_URL,
    databaseReadUrl: data.DATABASE_READ_URL,
    logLevel: data.LOG_LEVEL,
    planFile: resolve(data.PLAN_FILE ?? join(import.meta.dirname, 'plans.json')),
    unauthenticatedPerMinute: data.UNAUTHENTICATED_PER_MINUTE,
    wrongLicenseKeysPerMinute: data.WRONG_LICENSE_KEYS_PER_MINUTE,
    rateLimitStore: data.RATE_LIMIT_STORE === 'auto' ? sharedStore(data.DATABASE_URL) : data.RATE_LIMIT_STORE,
    redisUrl: data.REDIS_URL,
    webhookAllowedNetworks: data.WEBHOOK_ALLOWED_NETWORKS,
    webhookAllowHttp: data.WEBHOOK_ALLOW_HTTP,
    tracesEndpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    stripe:
      data.PAYMENT_PROVIDER === 'stripe' && data.STRIPE_SECRET_KEY && data.STRIPE_WEBHOOK_SECRET
        ? {
            secretKey: data.STRIPE_SECRET_KEY,
            webhookSecret: data.STRIPE_WEBHOOK_SECRET,
            apiBase: data.STRIPE_API_BASE ?? null,
            returnUrl: data.STRIPE_RETURN_URL ?? null,
          }
        : null,
    adminMarksPaid: data.ADMIN_MARKS_PAID,
    seller: { name: data.SELLER_NAME, lines: data.SELLER_DETAILS },
  };
}
