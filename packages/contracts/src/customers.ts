import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { license, licenseListInput } from './licenses.ts';
import { pageInput, pageOf, sortInput, timeRange } from './pagination.ts';
import { expectedVersion, id, metadata, text, timestamp } from './primitives.ts';

/** An e-mail address as people write it; compared without regard to case. */
export const email = z
  .email('must be an e-mail address such as ada@example.com')
  .max(254)
  // RFC 5321; zod counts the whole address only.
  .regex(/^[^@]{1,64}@/, 'must have at most 64 characters before the @')
  .meta({ examples: ['ada@example.com'] });

export const customer = z
  .object({
    id: id('customer'),
    email: z.string(),
    name: z.string().nullable(),
    company: z.string().nullable(),
    phone: z.string().nullable(),
    metadata,
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int(),
  })
  .meta({ id: 'Customer', description: 'Who bought it.' });
export type Customer = z.infer<typeof customer>;

const customerFields = {
  email,
  name: text(200).nullable(),
  company: text(200).nullable(),
  phone: text(50).nullable(),
  metadata,
};
const customerPath = { customerId: id('customer') };

export const listCustomers = defineProcedure({
  name: 'customers.list',
  method: 'GET',
  path: '/customers',
  tag: 'Customers',
  summary: 'List customers',
  keys: ['admin', 'read_only'],
  input: z.strictObject({
    ...pageInput,
    ...sortInput(['created_at', 'email']),
    ...timeRange('created'),
    email: text(254).optional().meta({ description: 'Exact e-mail address, in any case.' }),
    q: text(200).optional().meta({
      description: 'Id, or the beginning of e-mail, name or company.',
    }),
  }),
  output: pageOf(customer),
});

export const createCustomer = defineProcedure({
  name: 'customers.create',
  method: 'POST',
  path: '/customers',
  tag: 'Customers',
  summary: 'Create a customer',
  description: 'An e-mail address is unique in the account, whatever its case.',
  keys: ['admin'],
  input: z.strictObject(customerFields).partial().required({ email: true }),
  output: customer,
  statuses: [201],
  errors: ['CONFLICT', 'PLAN_LIMIT_REACHED'],
  example: {
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    company: 'Analytical Engines',
  },
});

export const getCustomer = defineProcedure({
  name: 'customers.get',
  method: 'GET',
  path: '/customers/:customerId',
  tag: 'Customers',
  summary: 'Get a customer',
  keys: ['admin', 'read_only'],
  input: z.strictObject(customerPath),
  output: customer,
  errors: ['RESOURCE_NOT_FOUND'],
});

export const updateCustomer = defineProcedure({
  name: 'customers.update',
  method: 'PUT',
  path: '/customers/:customerId',
  tag: 'Customers',
  summary: 'Update a customer',
  description: 'Fields that are left out stay as they are.',
  keys: ['admin'],
  input: z.strictObject({
    ...customerPath,
    ...z.strictObject(customerFields).partial().shape,
    version: expectedVersion,
  }),
  output: customer,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { company: 'Analytical Engines Ltd' },
});

export const eraseCustomer = defineProcedure({
  name: 'customers.erase',
  method: 'DELETE',
  path: '/customers/:customerId',
  tag: 'Customers',
  summary: 'Erase a customer',
  description:
    'Removes everything personal, everywhere: the customer, device names, notes and metadata of the licenses, events and audit contents. The licenses stay valid and belong to nobody.',
  keys: ['admin'],
  input: z.strictObject(customerPath),
  output: z.object({ id: id('customer'), erased: z.literal(true), licenses_kept: z.int() }),
  errors: ['RESOURCE_NOT_FOUND'],
});

export const listCustomerLicenses = defineProcedure({
  name: 'customers.licenses',
  method: 'GET',
  path: '/customers/:customerId/licenses',
  tag: 'Customers',
  summary: "List a customer's licenses",
  keys: ['admin', 'read_only'],
  input: z.strictObject({ ...customerPath, ...licenseListInput }),
  output: pageOf(license),
  errors: ['RESOURCE_NOT_FOUND'],
});
