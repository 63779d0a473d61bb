import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { pageInput, pageOf, sortInput, timeRange } from './pagination.ts';
import {
  days,
  exampleId,
  expectedVersion,
  features,
  id,
  metadata,
  multilineText,
  text,
  timestamp,
} from './primitives.ts';
import { deviceLimit, expiryBasis, licenseType } from './products.ts';

export const licenseStatuses = ['active', 'expired', 'suspended', 'revoked', 'not_started'] as const;
export const licenseStatus = z.enum(licenseStatuses).meta({
  id: 'LicenseStatus',
  description: '`active` includes the days of grace after `expires_at`.',
});
export type LicenseStatus = z.infer<typeof licenseStatus>;

export const license = z
  .object({
    id: id('license'),
    key: z.string().meta({
      description: 'In full for an admin key on create and get; else only its last four characters.',
      examples: ['••••-9F3C'],
    }),
    product_id: id('product'),
    customer_id: id('customer').nullable(),
    type: licenseType,
    status: licenseStatus,
    device_limit: z.int(),
    devices_used: z.int(),
    features,
    starts_at: timestamp,
    expires_at: timestamp.nullable(),
    duration_days: z.int().nullable(),
    expiry_basis: expiryBasis,
    grace_days: z.int(),
    first_activated_at: timestamp.nullable(),
    suspended_at: timestamp.nullable(),
    revoked_at: timestamp.nullable(),
    metadata,
    notes: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int(),
  })
  .meta({ id: 'License', description: 'The right to use a product.' });
export type License = z.infer<typeof license>;

export const device = z
  .object({
    id: id('device'),
    license_id: id('license'),
    status: z.enum(['active', 'deactivated']),
    seat: z.int(),
    fingerprint: z.string(),
    name: z.string().nullable(),
    platform: z.string().nullable(),
    arch: z.string().nullable(),
    os_version: z.string().nullable(),
    app_version: z.string().nullable(),
    environment: z.string().nullable(),
    activated_at: timestamp,
    deactivated_at: timestamp.nullable(),
    last_seen_at: timestamp,
  })
  .meta({
    id: 'Device',
    description: 'One activated machine: one seat of a license.',
  });
export type Device = z.infer<typeof device>;

const licenseFields = {
  customer_id: id('customer').nullable(),
  device_limit: deviceLimit,
  starts_at: timestamp,
  expires_at: timestamp.nullable(),
  grace_days: days(0),
  features,
  metadata,
  notes: multilineText(5000).nullable(),
};
const licensePath = { licenseId: id('license') };

/** Filters that the license list and a customer's license list share. */
export const licenseListInput = {
  ...pageInput,
  ...sortInput(['created_at', 'expires_at']),
  ...timeRange('created'),
  ...timeRange('expires'),
  status: licenseStatus.optional(),
  type: licenseType.optional(),
  product_id: id('product').optional(),
};

export const listLicenses = defineProcedure({
  name: 'licenses.list',
  method: 'GET',
  path: '/licenses',
  tag: 'Licenses',
  summary: 'List licenses',
  keys: ['admin', 'read_only'],
  input: z.strictObject({
    ...licenseListInput,
    customer_id: id('customer').optional(),
    customer_email: text(254).optional().meta({ description: 'Exact e-mail address, in any case.' }),
    key: text(100).optional().meta({ description: 'A whole license key, in any spelling.' }),
    q: text(200).optional().meta({
      description:
        "Id, license key, a key's last four characters, or the beginning of the customer's e-mail, name or company.",
    }),
  }),
  output: pageOf(license),
});

export const createLicense = defineProcedure({
  name: 'licenses.create',
  method: 'POST',
  path: '/licenses',
  tag: 'Licenses',
  summary: 'Create a license',
  description:
    'Only `product_id` is required; the rest comes from the product. Give `expires_at` or `duration_days`, not both.',
  keys: ['admin'],
  input: z
    .strictObject({
      product_id: id('product'),
      type: licenseType,
      duration_days: days(1),
      ...licenseFields,
    })
    .partial()
    .required({ product_id: true }),
  output: license,
  statuses: [201],
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT', 'PLAN_LIMIT_REACHED'],
  example: {
    product_id: exampleId('product'),
    type: 'timed',
    duration_days: 365,
    device_limit: 3,
  },
});

export const getLicense = defineProcedure({
  name: 'licenses.get',
  method: 'GET',
  path: '/licenses/:licenseId',
  tag: 'Licenses',
  summary: 'Get a license',
  description: 'An admin key sees the license key in full; that is written to the audit log.',
  keys: ['admin', 'read_only'],
  input: z.strictObject(licensePath),
  output: license,
  errors: ['RESOURCE_NOT_FOUND'],
});

export const updateLicense = defineProcedure({
  name: 'licenses.update',
  method: 'PUT',
  path: '/licenses/:licenseId',
  tag: 'Licenses',
  summary: 'Update a license',
  description:
    'Fields that are left out stay as they are. A lower `device_limit` keeps the devices there are and admits no new one.',
  keys: ['admin'],
  input: z.strictObject({
    ...licensePath,
    ...z.strictObject(licenseFields).partial().shape,
    version: expectedVersion,
  }),
  output: license,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { device_limit: 5 },
});

export const revokeLicense = defineProcedure({
  name: 'licenses.revoke',
  method: 'POST',
  path: '/licenses/:licenseId/revoke',
  tag: 'Licenses',
  summary: 'Revoke a license',
  description: 'Final: frees every seat and refuses the key for good. Revoking again changes nothing.',
  keys: ['admin'],
  input: z.strictObject({
    ...licensePath,
    reason: text(500).optional().meta({ description: 'For the audit log; apps never see it.' }),
  }),
  output: license,
  errors: ['RESOURCE_NOT_FOUND'],
  example: { reason: 'Refunded' },
});

export const listDevices = defineProcedure({
  name: 'licenses.devices.list',
  method: 'GET',
  path: '/licenses/:licenseId/devices',
  tag: 'Licenses',
  summary: "List a license's devices",
  keys: ['admin', 'read_only'],
  input: z.strictObject({
    ...licensePath,
    ...pageInput,
    ...sortInput(['created_at']),
    status: z.enum(['active', 'deactivated']).optional(),
  }),
  output: pageOf(device),
  errors: ['RESOURCE_NOT_FOUND'],
});

export const removeDevice = defineProcedure({
  name: 'licenses.devices.deactivate',
  method: 'DELETE',
  path: '/licenses/:licenseId/devices/:deviceId',
  tag: 'Licenses',
  summary: 'Deactivate a device',
  description: 'Frees its seat at once. Deactivating it again changes nothing.',
  keys: ['admin'],
  input: z.strictObject({ ...licensePath, deviceId: id('device') }),
  output: device,
  errors: ['RESOURCE_NOT_FOUND'],
});
