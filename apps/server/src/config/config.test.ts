import { isAbsolute, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

it('without any variable there is a setting for everything', () => {
  const config = readConfig({});
  expect(config).toEqual({
    port: 4000,
    host: '127.0.0.1',
    dataDir: resolve('./data'),
    databaseUrl: undefined,
    databaseReadUrl: undefined,
    logLevel: 'info',
    planFile: expect.stringMatching(/plans\.json$/),
    unauthenticatedPerMinute: 120,
    wrongLicenseKeysPerMinute: 30,
    rateLimitStore: 'memory',
    redisUrl: undefined,
    webhookAllowedNetworks: [],
    webhookAllowHttp: false,
    tracesEndpoint: null,
    stripe: null,
    adminMarksPaid: true,
    seller: { name: 'ThriveTech Platform', lines: [] },
  });
  expect(isAbsolute(config.planFile)).toBe(true);
});

it('an empty variable counts as not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '', DATA_DIR: '' })).toEqual(readConfig({}));
});

it('every variable is taken', () => {
  expect(
    readConfig({
      PORT: '0',
      HOST: '0.0.0.0',
      DATA_DIR: '/srv/thrive',
      DATABASE_URL: 'postgres://u:p@db:5432/thrive',
      DATABASE_READ_URL: 'postgres://u:p@standby:5432/thrive',
      LOG_LEVEL: 'debug',
      PLAN_FILE: '/etc/plans.json',
      UNAUTHENTICATED_PER_MINUTE: '5',
      WRONG_LICENSE_KEYS_PER_MINUTE: '6',
      RATE_LIMIT_STORE: 'redis',
      REDIS_URL: 'rediss://u:p@redis:6380/2',
      WEBHOOK_ALLOWED_NETWORKS: '10.1.0.0/16, fd00::/8',
      WEBHOOK_ALLOW_HTTP: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_SECRET_KEY: 'sk_made_up',
      STRIPE_WEBHOOK_SECRET: 'whsec_made_up',
      STRIPE_API_BASE: 'http://127.0.0.1:9',
      STRIPE_RETURN_URL: 'https://vendor.example.com/paid',
      ADMIN_MARKS_PAID: 'false',
      SELLER_NAME: 'Thrive Ltd',
      SELLER_DETAILS: '1 High Street; VAT 123',
    }),
  ).toEqual({
    port: 0,
    host: '0.0.0.0',
    dataDir: '/srv/thrive',
    databaseUrl: 'postgres://u:p@db:5432/thrive',
    databaseReadUrl: 'postgres://u:p@standby:5432/thrive',
    logLevel: 'debug',
    planFile: '/etc/plans.json',
    unauthenticatedPerMinute: 5,
    wrongLicenseKeysPerMinute: 6,
    rateLimitStore: 'redis',
    redisUrl: 'rediss://u:p@redis:6380/2',
    webhookAllowedNetworks: ['10.1.0.0/16', 'fd00::/8'],
    webhookAllowHttp: true,
    tracesEndpoint: 'http://127.0.0.1:4318',
    stripe: {
      secretKey: 'sk_made_up',
      webhookSecret: 'whsec_made_up',
      apiBase: 'http://127.0.0.1:9',
      returnUrl: 'https://vendor.example.com/paid',
    },
    adminMarksPaid: false,
    seller: { name: 'Thrive Ltd', lines: ['1 High Street', 'VAT 123'] },
  });
});

it.each([
  [{}, 'memory'],
  [{ DATABASE_URL: 'postgres://db/thrive' }, 'postgres'],
  [{ DATABASE_URL: 'postgres://db/thrive', RATE_LIMIT_STORE: 'auto' }, 'postgres'],
  [{ DATABASE_URL: 'postgres://db/thrive', RATE_LIMIT_STORE: 'memory' }, 'memory'],
  [{ DATABASE_URL: 'postgres://db/thrive', REDIS_URL: 'redis://redis' }, 'postgres'],
  [{ RATE_LIMIT_STORE: 'redis', REDIS_URL: 'redis://redis' }, 'redis'],
])('with %j requests are counted in %s', (variables, store) => {
  expect(readConfig(variables).rateLimitStore).toBe(store);
});

describe('a wrong setting is named', () => {
  it.each([
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'mysql://db/thrive'],
    ['DATABASE_URL', './thrive.sqlite'],
    ['DATABASE_READ_URL', 'standby'],
    ['DATABASE_READ_URL', 'postgres://standby/thrive'],
    ['LOG_LEVEL', 'loud'],
    ['UNAUTHENTICATED_PER_MINUTE', '0'],
    ['WRONG_LICENSE_KEYS_PER_MINUTE', 'none'],
    ['RATE_LIMIT_STORE', 'disk'],
    ['RATE_LIMIT_STORE', 'postgres'],
    ['REDIS_URL', 'redis.example.com:6379'],
    ['REDIS_URL', 'redis://'],
    ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.1'],
    ['WEBHOOK_ALLOWED_NETWORKS', '10.0.0.0/33'],
    ['WEBHOOK_ALLOWED_NETWORKS', 'intranet'],
    ['WEBHOOK_ALLOW_HTTP', 'yes'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['PAYMENT_PROVIDER', 'cash'],
    ['STRIPE_SECRET_KEY', 'pk_made_up'],
    ['STRIPE_WEBHOOK_SECRET', 'made up'],
    ['STRIPE_API_BASE', 'stripe'],
    ['STRIPE_RETURN_URL', 'here'],
    ['ADMIN_MARKS_PAID', '1'],
  ])('%s=%s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(`${name}: `);
  });

  it('that Stripe needs and nobody gave', () => {
    const read = () => readConfig({ PAYMENT_PROVIDER: 'stripe' });
    expect(read).toThrow(/STRIPE_SECRET_KEY: .*STRIPE_WEBHOOK_SECRET: /);
  });

  it('that Redis needs and nobody gave', () => {
    expect(() => readConfig({ RATE_LIMIT_STORE: 'redis' })).toThrow(/REDIS_URL: is needed/);
  });

  it('together with all the others, so that a start fails once', () => {
    expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT: .*LOG_LEVEL: /);
  });

  it.each([
    ['a database address', { DATABASE_URL: 'mysql://root:hunter2@db/thrive' }],
    ['an address of Redis', { REDIS_URL: 'http://root:hunter2@redis' }],
  ])('without the password of %s', (_what, address) => {
    expect(() => readConfig(address)).toThrow(/^(?!.*hunter2)/);
  });
});
