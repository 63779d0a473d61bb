import type { EventData } from '@thrivetech/contracts';
import { newDevice, type TrialAnchorRecord, trialAnchors } from '../../modules/activations/index.ts';
import type { AuditNote } from '../../modules/audit/index.ts';
import { type CustomerRecord, customerView, newCustomer } from '../../modules/customers/index.ts';
import {
  type DeviceRecord,
  deviceView,
  firstActivated,
  type LicenseKeys,
  type LicenseRecord,
  licenseEventData,
  licenseView,
  newLicense,
  renewedEnd,
} from '../../modules/licenses/index.ts';
import type { Happening } from '../../platform/events/outbox.ts';
import type { NewId } from '../../platform/ids.ts';
import { type RequestContext, unlimited } from '../../platform/request-context.ts';
import type { Buyer } from './clientele.ts';
import type { Life, Turn } from './life.ts';
import type { Vendor } from './set-up-vendor.ts';
import type { Stay } from './stays.ts';

/** Rows that belong together: whole licenses with all that they left behind, events and audit notes in the order of time. */
export interface Chapter {
  readonly customers: CustomerRecord[];
  readonly licenses: LicenseRecord[];
  readonly devices: DeviceRecord[];
  readonly anchors: TrialAnchorRecord[];
  readonly events: Happening[];
  readonly audit: AuditNote[];
}

// Reserved for documents (RFC 5737).
const shopAddress = '203.0.113.10';

/** Turns planned lives into the rows that the use cases would have written at the time. */
export function createChronicle(
  { newId, licenseKeys }: { newId: NewId; licenseKeys: LicenseKeys },
  { account_id, adminKeyId, products }: Pick<Vendor, 'account_id' | 'adminKeyId' | 'products'>,
) {
  // Kept for as long as the plan remembers the buyer, and no longer.
  const customers = new WeakMap<Buyer, CustomerRecord>();
  let chapter = emptyChapter();

  const requestAt = (now: number): RequestContext => ({
    request_id: newId('request', now),
    now,
    address: shopAddress,
    actor: { account_id, key_id: adminKeyId, key_type: 'admin', product_ids: null, plan: unlimited },
  });

  const tellEvent = (
    request: RequestContext,
    type: Happening['type'],
    data: EventData<'license.created' | 'license.activated'>,
  ) => {
    const { now, request_id } = request;
    chapter.events.push({ id: newId('event', now), now, request_id, type, data });
  };

  const customerOf = (buyer: Buyer | null): CustomerRecord | null => {
    if (!buyer) return null;
    const known = customers.get(buyer);
    if (known) return known;
    const now = buyer.created_at;
    const { email, name, company, phone, metadata } = buyer;
    const fields = { email, name, company, phone, metadata };
    const customer = newCustomer(fields, { id: newId('customer', now), account_id, now });
    customers.set(buyer, customer);
    chapter.customers.push(customer);
    const change = { action: 'customer.created', target_id: customer.id, after: customerView(customer) };
    chapter.audit.push({ request: requestAt(now), change });
    return customer;
  };

  const create = ({ story, product, created_at: now, fields }: Life, customer: CustomerRecord | null) => {
    const request = requestAt(now);
    const sold = products.get(product);
    if (!sold) throw new Error(`The demo sells no ${product.name}.`);
    const isTrial = story.type === 'trial';
    const { license } = newLicense(
      { ...fields, customer_id: customer?.id ?? null },
      // A trial runs from its first call, whatever the product's licenses do.
      isTrial ? { ...sold, license_defaults: { ...sold.license_defaults, expiry_basis: 'creation' } } : sold,
      { id: newId('license', now), account_id, now, keys: licenseKeys },
    );
    const data = licenseEventData(license, customer?.email ?? null, now);
    tellEvent(request, 'license.created', data);
    // A trial is started by a machine; the audit log is about what people do.
    if (!isTrial) {
      const change = { action: 'license.created', target_id: license.id, after: data.license };
      chapter.audit.push({ request, change });
    }
    return license;
  };

  /** One license, turn by turn. */
  const follow = (life: Life, email: string | null, created: LicenseRecord) => {
    let license = created;
    const devices = new Map<Stay, DeviceRecord>();

    const tellSeat = (
      request: RequestContext,
      type: 'license.activated' | 'license.deactivated',
      device: DeviceRecord,
    ) =>
      tellEvent(request, type, {
        ...licenseEventData(license, email, request.now),
        device_id: device.id,
        device: deviceView(device),
      });

    const arrive = (request: RequestContext, stay: Stay) => {
      license = firstActivated({ ...license, devices_used: license.devices_used + 1 }, request.now);
      const origin = { id: newId('device', request.now), account_id, license_id: license.id };
      const device = newDevice(stay.machine, { ...origin, seat: stay.seat, now: request.now });
      devices.set(stay, device);
      tellSeat(request, 'license.activated', device);
      if (life.story.type !== 'trial') return;
      const trial = { account_id, product_id: license.product_id, license_id: license.id };
      for (const anchor of trialAnchors(stay.machine))
        chapter.anchors.push({ ...trial, anchor, created_at: request.now });
    };

    const leave = (request: RequestContext, stay: Stay, device: DeviceRecord) => {
      license = { ...license, devices_used: license.devices_used - 1 };
      const before = { ...device, ...tracesOf(stay) };
      const ended = { ...before, deactivated_at: request.now };
      devices.set(stay, ended);
      tellSeat(request, 'license.deactivated', ended);
      return { before: deviceView(before), after: deviceView(ended) };
    };

    const change = (request: RequestContext, action: string, wanted: LicenseRecord, reason?: string) => {
      const { now } = request;
      const before = licenseView(license, now);
      license = { ...wanted, updated_at: now, version: license.version + 1 };
      if (action === 'license.revoked') {
        for (const [stay, device] of devices)
          if (device.deactivated_at === null) leave(request, stay, device);
        tellEvent(request, 'license.revoked', licenseEventData(license, email, now));
      }
      const view = licenseView(license, now);
      const after = reason === undefined ? view : { ...view, reason };
      chapter.audit.push({ request, change: { action, target_id: license.id, before, after } });
    };

    const take = (turn: Turn) => {
      const request = requestAt(turn.at);
      switch (turn.what) {
        case 'activated':
          return arrive(request, turn.stay);
        case 'left': {
          const device = devices.get(turn.stay);
          if (!device) return;
          const views = leave(request, turn.stay, device);
          if (turn.stay.wasRemoved) {
            const removal = { action: 'device.deactivated', target_id: device.id, ...views };
            chapter.audit.push({ request, change: removal });
          }
          return;
        }
        case 'renewed': {
          const expires_at = renewedEnd(license, { from: 'expiry' }, turn.at);
          return change(request, 'license.renewed', { ...license, expires_at });
        }
        case 'expired':
          return tellEvent(request, 'license.expired', licenseEventData(license, email, turn.at));
        case 'suspended':
          return change(request, 'license.suspended', { ...license, suspended_at: turn.at }, turn.reason);
        case 'reinstated':
          return change(request, 'license.reinstated', { ...license, suspended_at: null }, turn.reason);
        case 'revoked':
          return change(request, 'license.revoked', { ...license, revoked_at: turn.at }, turn.reason);
      }
    };

    for (const turn of life.turns) take(turn);
    chapter.licenses.push(license);
    for (const [stay, device] of devices) {
      chapter.devices.push(device.deactivated_at === null ? { ...device, ...tracesOf(stay) } : device);
    }
  };

  return {
    add(life: Life): void {
      const customer = customerOf(life.buyer);
      follow(life, customer?.email ?? null, create(life, customer));
    },
    /** A change beside the licenses. */
    note({ at, change }: Vendor['notes'][number]): void {
      chapter.audit.push({ request: requestAt(at), change });
    },
    /** What was told since the last time. */
    take(): Chapter {
      const told = chapter;
      chapter = emptyChapter();
      told.events.sort((a, b) => a.now - b.now);
      told.audit.sort((a, b) => a.request.now - b.request.now);
      return told;
    },
  };
}

const emptyChapter = (): Chapter => ({
  customers: [],
  licenses: [],
  devices: [],
  anchors: [],
  events: [],
  audit: [],
});

/** What validations left on a machine's row. Its next lease has a higher number than any it may hold. */
const tracesOf = ({ last_seen_at, seat_expires_at }: Stay) => ({
  last_seen_at,
  seat_expires_at,
  lease_sequence: last_seen_at,
});
