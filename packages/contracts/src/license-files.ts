import { z } from 'zod';
import { deviceInput, nonce, seatErrors } from './activations.ts';
import { defineProcedure } from './define-procedure.ts';
import { device, license } from './licenses.ts';
import { exampleId, id, timestamp } from './primitives.ts';

/** What a machine without a network writes into a `.lreq` file: who it is, and what answers it. */
export const licenseRequest = z
  .strictObject({
    format: z.literal('thrive-license-request'),
    version: z.literal(1),
    product_id: id('product'),
    device: deviceInput,
    nonce: nonce.meta({
      description:
        'The lease of the file carries it, so that the app knows which of its requests is answered.',
    }),
    license_id: id('license').optional().meta({
      description: 'The license that the app has already; another one is then refused.',
    }),
    created_at: timestamp,
  })
  .meta({ id: 'LicenseRequest', description: 'The content of a `.lreq` file, as the app wrote it.' });
export type LicenseRequest = z.infer<typeof licenseRequest>;

/** What goes back to that machine as a `.lic` file. */
const licenseFile = z
  .object({
    format: z.literal('thrive-license-file'),
    version: z.literal(1),
    lease: z.string().meta({ description: 'Compact JWS, Ed25519: proof for the time offline.' }),
    keyset: z.string().meta({ description: 'The signing keys, signed by the root key that the app has.' }),
    revocations: z.string().meta({
      description: 'Signed bulletin of the devices that this license had before, the newest 1,000.',
    }),
  })
  .meta({ id: 'LicenseFile', description: 'The content of a `.lic` file; store it as it is.' });
export type LicenseFile = z.infer<typeof licenseFile>;

export const issueLicenseFile = defineProcedure({
  name: 'licenses.issueFile',
  method: 'POST',
  path: '/licenses/:licenseId/license-file',
  tag: 'Licenses',
  summary: 'Issue a license file for a machine without a network',
  description:
    'Answers the request that an app wrote (`.lreq`) with the file that it imports (`.lic`). Takes a seat by the rules of activation: the same machine never takes two. A later file never ends before an earlier one of the same machine.',
  keys: ['admin'],
  input: z.strictObject({
    licenseId: id('license'),
    request: licenseRequest,
    replace_device_id: id('device').optional(),
    lease_days: z.int().min(1).max(3660).optional().meta({
      description:
        "How long the machine may go on; the license's own length of a lease when left out. Never beyond the end of the license and its grace.",
    }),
  }),
  output: z.object({
    result: z.enum(['activated', 'already_active', 'recovered', 'replaced']),
    device,
    license,
    file: licenseFile,
  }),
  statuses: [201, 200],
  statusOf: (output) => (output.result === 'activated' ? 201 : 200),
  errors: seatErrors,
  example: {
    request: {
      format: 'thrive-license-request',
      version: 1,
      product_id: exampleId('product'),
      device: { fingerprint: '4b1cd9f0e2a7', name: 'Control room' },
      nonce: '3q2-796tvu_erb7v3q2-7w',
      created_at: '2026-01-26T12:00:00.000Z',
    },
    lease_days: 365,
  },
});
