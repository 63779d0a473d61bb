import { encodeCrockford, type PublicJwk } from '@thrivetech/lease';
import { type Clock, systemClock, withTimers } from '../api/clock.ts';
import { createFetch } from './emulated-fetch.ts';
import { type EmulatedDevice, type EmulatedLicense, emulatedLicense } from './emulated-license.ts';
import { createFaultQueue, type Faults } from './faults.ts';
import { newId } from './ids.ts';
import { createKeyRing } from './key-ring.ts';
import { createLeaseIssuer } from './lease-issuer.ts';
import { type NewLicense, newLicense } from './new-license.ts';
import { type LicenseDefaults, type LicenseRecord, type ProductRecord, secondMs } from './records.ts';
import type { EmulatedRequest, RequestEntry } from './request-log.ts';
import type { Vendor } from './vendor.ts';
import { randomBytes } from './web-crypto.ts';

/** A product to add. What is left out is as usual for a new product of the server. */
export interface NewProduct extends Partial<LicenseDefaults> {
  readonly id?: string;
  /** Length of a trial; null: no trial is offered. Left out: 14 days. */
  readonly trialDays?: number | null;
}

/** A license to add, of the first product unless it names another. */
export type AddedLicense = NewLicense & { readonly productId?: string };

export interface EmulatorOptions {
  /** Left out, the wall clock. Give the app's own, such as one of `createTestClock`, to move both at once. */
  readonly clock?: Clock;
  /** Left out, one product. */
  readonly products?: readonly NewProduct[];
  readonly licenses?: readonly AddedLicense[];
}

/** A license server in memory. */
export interface Emulator {
  /** Reaches this emulator and nothing else. */
  readonly fetch: typeof fetch;
  readonly baseUrl: string;
  readonly channelKey: string;
  /** Made for this emulator: an app that trusts them trusts no server, and the other way round. */
  readonly rootKeys: readonly PublicJwk[];
  /** Of the first product. */
  readonly productId: string;
  /** All of the above and the clock, to be spread into the options of `ThriveLicense`. */
  readonly connection: {
    readonly baseUrl: string;
    readonly channelKey: string;
    readonly productId: string;
    readonly rootKeys: readonly PublicJwk[];
    readonly fetch: typeof fetch;
    readonly clock: Required<Clock>;
  };

  /** @throws {RangeError} for a product that does not exist, or a key that no server could have issued. */
  addLicense(license?: AddedLicense): EmulatedLicense;
  /** All licenses, trials included, the oldest first. */
  licenses(): readonly EmulatedLicense[];
  /** All devices of all licenses, active and ended ones. */
  devices(): readonly EmulatedDevice[];
  /** From now on a new key signs. Leases that are out there stay good; apps fetch the keys anew for new ones. */
  rotateSigningKey(): Promise<void>;

  /** Scripts what goes wrong. */
  readonly faults: Faults;
  /** All requests so far, the oldest first. */
  readonly requests: readonly EmulatedRequest[];
}

const usualDefaults: LicenseDefaults = {
  type: 'perpetual',
  deviceLimit: 1,
  durationDays: null,
  expiryBasis: 'creation',
  graceDays: 7,
  leaseDays: 14,
  features: {},
};

/** A name that no network resolves (RFC 6761): a request that misses the emulator reaches nobody. */
const baseUrl = 'https://thrive-emulator.test';

/**
 * A license server in memory, to test an app against: the four activation calls and the published keys, with the
 * answers, the refusals and the signatures of the real one. It opens no socket and starts no timer but those of `slow`.
 *
 * Left out, on purpose: management calls (use {@link EmulatedLicense}), limits of a plan, rate limits that nobody
 * scripted, and `Idempotency-Key`.
 *
 * @example
 * const clock = createTestClock();
 * const emulator = await createEmulator({ clock });
 * const bought = emulator.addLicense({ deviceLimit: 2 });
 * const license = new ThriveLicense({
 *   ...emulator.connection,
 *   storage: createMemoryStore(),
 *   device: createTestMachine(),
 * });
 * await license.activate(bought.key);
 *
 * emulator.faults.set('offline');
 * clock.advance(15 * 86_400_000);
 * license.check().status; // 'grace'
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const clock = withTimers(options.clock ?? systemClock);
  const keyRing = await createKeyRing(Math.floor(clock.now() / secondMs));
  const vendor: Vendor = { products: new Map(), licenses: [], trialAnchors: new Map() };
  const channelKey = `tt_chan_${encodeCrockford(randomBytes(24)).slice(0, 38)}`;
  const server = { vendor, keyRing, leases: createLeaseIssuer(keyRing), channelKey };
  const faults = createFaultQueue();
  const requests: RequestEntry[] = [];

  const products = (options.products ?? [{}]).map((fields) => newProduct(fields, clock.now()));
  const [first] = products;
  if (!first) throw new RangeError('an emulator needs a product');
  for (const product of products) vendor.products.set(product.id, product);

  const handleOf = (record: LicenseRecord) => emulatedLicense(server, record, clock.now);
  const { root_keys: rootKeys } = keyRing.published();
  const emulatedFetch = createFetch({ server, baseUrl, clock, faults, log: requests });
  const connection = {
    baseUrl,
    channelKey,
    productId: first.id,
    rootKeys,
    fetch: emulatedFetch,
    clock,
  };

  const emulator: Emulator = {
    ...{ fetch: emulatedFetch, baseUrl, channelKey, rootKeys, productId: first.id, connection },
    faults,
    requests,
    addLicense({ productId = first.id, ...fields } = {}) {
      const product = vendor.products.get(productId);
      if (!product) throw new RangeError(`There is no product ${productId}.`);
      const record = newLicense(product, fields, clock.now());
      vendor.licenses.push(record);
      return handleOf(record);
    },
    licenses: () => vendor.licenses.map(handleOf),
    devices: () => emulator.licenses().flatMap((license) => license.devices()),
    rotateSigningKey: () => keyRing.rotate(Math.floor(clock.now() / secondMs)),
  };
  for (const license of options.licenses ?? []) emulator.addLicense(license);
  return emulator;
}

function newProduct({ id, trialDays = 14, ...defaults }: NewProduct, now: number): ProductRecord {
  return { id: id ?? newId('prd', now), trialDays, defaults: { ...usualDefaults, ...defaults } };
}
