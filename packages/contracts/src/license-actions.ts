import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { createLicense, license, listLicenses } from './licenses.ts';
import { days, id, text, timestamp } from './primitives.ts';

const licensePath = { licenseId: id('license') };
const reason = text(500).optional().meta({ description: 'For the audit log; apps never see it.' });
const tag = 'Licenses';

export const suspendLicense = defineProcedure({
  name: 'licenses.suspend',
  method: 'POST',
  path: '/licenses/:licenseId/suspend',
  tag,
  summary: 'Suspend a license',
  description:
    'Refuses the key until the license is reinstated; devices keep their seats. Suspending again changes nothing.',
  keys: ['admin'],
  input: z.strictObject({ ...licensePath, reason }),
  output: license,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { reason: 'Payment disputed' },
});

export const reinstateLicense = defineProcedure({
  name: 'licenses.reinstate',
  method: 'POST',
  path: '/licenses/:licenseId/reinstate',
  tag,
  summary: 'Reinstate a suspended license',
  description: 'A license that is not suspended stays as it is. A revoked one cannot come back.',
  keys: ['admin'],
  input: z.strictObject({ ...licensePath, reason }),
  output: license,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
});

export const renewLicense = defineProcedure({
  name: 'licenses.renew',
  method: 'POST',
  path: '/licenses/:licenseId/renew',
  tag,
  summary: 'Renew a license',
  description:
    "Moves the end by `duration_days`, or by the license's own duration. `from` says where from: `expiry` keeps the rhythm, `now` starts afresh, `now_if_expired` gives no days away and takes none.",
  keys: ['admin'],
  input: z.strictObject({
    ...licensePath,
    duration_days: days(1).optional(),
    from: z.enum(['expiry', 'now', 'now_if_expired']).default('now_if_expired'),
  }),
  output: license,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { duration_days: 365 },
});

export const rotateLicenseKey = defineProcedure({
  name: 'licenses.rotateKey',
  method: 'POST',
  path: '/licenses/:licenseId/rotate-key',
  tag,
  summary: "Replace a license's key",
  description:
    'The old key is dead at once; devices keep their seats and their leases. The answer shows the new key in full.',
  keys: ['admin'],
  input: z.strictObject({ ...licensePath, reason }),
  output: license,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
});

export const createLicenses = defineProcedure({
  name: 'licenses.createMany',
  method: 'POST',
  path: '/licenses/bulk',
  tag,
  summary: 'Create many licenses',
  description: 'All or none: one fault refuses the whole request and names the entry.',
  keys: ['admin'],
  input: z.strictObject({ licenses: z.array(createLicense.input).min(1).max(500) }),
  output: z.object({ licenses: z.array(license) }),
  statuses: [201],
  errors: createLicense.errors,
  example: { licenses: [createLicense.example, createLicense.example] },
});

const { limit: _limit, cursor: _cursor, ...exportFilters } = (listLicenses.input as z.ZodObject).shape;

export const exportLicenses = defineProcedure({
  name: 'licenses.export',
  method: 'GET',
  path: '/licenses/export',
  tag,
  summary: 'Export licenses as CSV',
  description:
    'Streams every license that passes the filters of the list. Keys are masked. Cells that a spreadsheet would run as a formula are defused.',
  keys: ['admin', 'read_only'],
  input: z.strictObject(exportFilters as Omit<typeof listLicenses.input.shape, 'limit' | 'cursor'>),
  output: z.custom<AsyncIterable<string>>(),
  stream: 'text/csv; charset=utf-8',
});

export const ruleOutcomes = ['passed', 'refused', 'not_reached'] as const;

export const explainLicense = defineProcedure({
  name: 'licenses.explain',
  method: 'GET',
  path: '/licenses/:licenseId/explain',
  tag,
  summary: 'Explain why a license works or does not',
  description:
    'The rules in the order in which they are asked, each with its outcome, for a device and a moment.',
  keys: ['admin', 'read_only'],
  input: z.strictObject({
    ...licensePath,
    device_id: id('device')
      .optional()
      .meta({ description: 'Left out: a machine that is not activated yet.' }),
    as_of: timestamp.optional().meta({ description: 'The moment to judge at; now when left out.' }),
  }),
  output: z
    .object({
      license_id: id('license'),
      device_id: id('device').nullable(),
      as_of: timestamp,
      allowed: z.boolean(),
      refused_by: z.string().nullable(),
      rules: z.array(
        z.object({
          rule: z.string(),
          outcome: z.enum(ruleOutcomes),
          explanation: z.string(),
          action: z.string().nullable().meta({ description: 'What would make a refused rule pass.' }),
        }),
      ),
    })
    .meta({ id: 'LicenseExplanation' }),
  errors: ['RESOURCE_NOT_FOUND'],
});
