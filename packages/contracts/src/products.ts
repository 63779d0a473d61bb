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

export const licenseTypes = ['perpetual', 'timed', 'subscription', 'floating', 'trial'] as const;
export const licenseType = z.enum(licenseTypes).meta({
  id: 'LicenseType',
  description:
    '`perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product.',
});
export type LicenseType = z.infer<typeof licenseType>;

export const expiryBasis = z
  .enum(['creation', 'first_activation'])
  .meta({ id: 'ExpiryBasis', description: 'From when the duration runs.' });

/** The most seats one license can have. */
export const deviceLimitMax = 1_000_000;
export const deviceLimit = z
  .int()
  .min(1)
  .max(deviceLimitMax)
  .meta({ examples: [3] });

const licenseDefaultFields = {
  type: licenseType,
  device_limit: deviceLimit,
  duration_days: days(1).nullable(),
  trial_days: days(1).nullable().meta({ description: 'Length of a trial; null: the product offers none.' }),
  lease_days: z
    .int()
    .min(1)
    .max(365)
    .meta({ description: 'How long a device may stay offline before grace.' }),
  grace_days: days(0),
  features,
  expiry_basis: expiryBasis,
};

/** What a license of a product gets where its creator says nothing. */
export const licenseDefaults = z.object(licenseDefaultFields).meta({ id: 'LicenseDefaults' });
export type LicenseDefaults = z.infer<typeof licenseDefaults>;

const productStatus = z.enum(['active', 'archived']);

export const product = z
  .object({
    id: id('product'),
    name: z.string().meta({ examples: ['Photo Studio'] }),
    code: z.string().nullable(),
    description: z.string().nullable(),
    status: productStatus,
    license_defaults: licenseDefaults,
    metadata,
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int(),
  })
  .meta({ id: 'Product', description: 'What the vendor sells.' });
export type Product = z.infer<typeof product>;

const productCode = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    'must be 1 to 64 of A-Z a-z 0-9 _ . - and begin with a letter or digit',
  )
  .meta({
    description: "The vendor's own short name, unique in the account.",
    examples: ['photo-studio'],
  });

const productFields = {
  name: text(200),
  code: productCode.nullable(),
  description: multilineText(2000).nullable(),
  status: productStatus,
  license_defaults: z.strictObject(licenseDefaultFields).partial(),
  metadata,
};
const productPath = { productId: id('product') };

export const listProducts = defineProcedure({
  name: 'products.list',
  method: 'GET',
  path: '/products',
  tag: 'Products',
  summary: 'List products',
  keys: ['admin', 'read_only'],
  input: z.strictObject({
    ...pageInput,
    ...sortInput(['created_at', 'name']),
    ...timeRange('created'),
    status: productStatus.optional(),
    code: text(64).optional(),
  }),
  output: pageOf(product),
});

export const createProduct = defineProcedure({
  name: 'products.create',
  method: 'POST',
  path: '/products',
  tag: 'Products',
  summary: 'Create a product',
  description: 'Only `name` is required. `license_defaults` that are left out get sensible values.',
  keys: ['admin'],
  input: z.strictObject(productFields).partial().required({ name: true }),
  output: product,
  statuses: [201],
  errors: ['CONFLICT', 'PLAN_LIMIT_REACHED'],
  example: {
    name: 'Photo Studio',
    code: 'photo-studio',
    license_defaults: { device_limit: 3, trial_days: 14 },
  },
});

export const getProduct = defineProcedure({
  name: 'products.get',
  method: 'GET',
  path: '/products/:productId',
  tag: 'Products',
  summary: 'Get a product',
  keys: ['admin', 'read_only'],
  input: z.strictObject(productPath),
  output: product,
  errors: ['RESOURCE_NOT_FOUND'],
});

export const updateProduct = defineProcedure({
  name: 'products.update',
  method: 'PUT',
  path: '/products/:productId',
  tag: 'Products',
  summary: 'Update a product',
  description:
    'Fields that are left out stay as they are; inside `license_defaults` too. Defaults count for licenses created from now on.',
  keys: ['admin'],
  input: z.strictObject({
    ...productPath,
    ...z.strictObject(productFields).partial().shape,
    version: expectedVersion,
  }),
  output: product,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { status: 'archived' },
});

export const deleteProduct = defineProcedure({
  name: 'products.delete',
  method: 'DELETE',
  path: '/products/:productId',
  tag: 'Products',
  summary: 'Delete a product',
  description: 'Refused while the product has licenses; retire it with `status: archived` instead.',
  keys: ['admin'],
  input: z.strictObject(productPath),
  output: z
    .object({ id: id('product'), deleted: z.literal(true) })
    .meta({ examples: [{ id: exampleId('product'), deleted: true }] }),
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
});
