import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { licenseStatus } from './licenses.ts';
import { exampleId, features, id, text, timestamp } from './primitives.ts';
import { licenseType } from './products.ts';

/** Keyed digests of machine parts, made by the client: the server never sees a serial number. */
const digest = z.string().regex(/^[A-Za-z0-9_-]{16,86}$/, 'must be 16 to 86 characters of base64url');
const deviceComponents = z
  .strictObject({
    os_install_id: digest,
    board_id: digest,
    boot_disk: digest,
    mac: digest,
    cpu: digest,
  })
  .partial()
  .meta({
    id: 'DeviceComponents',
    description: 'HMAC of each part, keyed per product; each is optional.',
  });

const fingerprint = z
  .string()
  .regex(/^[!-~]{8,256}$/, 'must be 8 to 256 printable ASCII characters without spaces')
  .meta({
    description: "Names the machine: hash of its strong components, or the app's own.",
    examples: ['4b1cd9f0e2a7'],
  });

export const deviceInput = z.strictObject({
  fingerprint,
  components: deviceComponents.optional(),
  name: text(200).optional(),
  platform: text(64).optional(),
  arch: text(64).optional(),
  os_version: text(100).optional(),
  app_version: text(100).optional(),
  environment: z.enum(['desktop', 'server', 'container', 'vm', 'ci']).optional(),
});
export type DeviceInput = z.infer<typeof deviceInput>;

export const nonce = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22,43}$/, 'must be 16 to 32 random bytes in base64url')
  .meta({
    description: 'Asks for a fresh lease that carries it, so that an old answer cannot be replayed.',
  });

const licenseKey = text(100).meta({
  description: 'As the user typed it; case, spaces and dashes do not matter.',
  examples: ['4XQ7M-…'],
});

const licenseProof = {
  license_key: licenseKey,
  product_id: id('product')
    .optional()
    .meta({ description: 'A license of another product is then not found.' }),
  nonce: nonce.optional(),
};

// What a channel key may see. These are allow-lists: nothing gets out that is not named here.
const licenseView = z
  .object({
    id: id('license'),
    type: licenseType,
    status: licenseStatus,
    expires_at: timestamp.nullable(),
    grace_ends_at: timestamp.nullable(),
    device_limit: z.int(),
    devices_used: z.int(),
    features,
    key_masked: z.string(),
  })
  .meta({ id: 'ActivationLicense' });
const deviceView = z
  .object({
    id: id('device'),
    activated_at: timestamp,
    last_seen_at: timestamp,
  })
  .meta({ id: 'ActivationDevice' });
const leaseView = z
  .object({
    token: z.string().meta({
      description: 'Compact JWS, Ed25519: proof for the time offline.',
    }),
    key_id: z.string(),
    issued_at: timestamp,
    refresh_after: timestamp,
    expires_at: timestamp,
    grace_until: timestamp,
  })
  .meta({ id: 'Lease' });
export type LicenseView = z.infer<typeof licenseView>;
export type DeviceView = z.infer<typeof deviceView>;
export type LeaseView = z.infer<typeof leaseView>;

const always = { server_time: timestamp, nonce: z.string().nullable() };
const keys = ['admin', 'channel'] as const;
const tag = 'Activations';

const activation = <const Results extends readonly [string, ...string[]]>(results: Results) =>
  z.object({
    result: z.enum(results),
    device: deviceView,
    license: licenseView,
    lease: leaseView,
    ...always,
  });

/** What can stand between a machine and a seat, whoever asks for it. */
export const seatErrors = [
  'RESOURCE_NOT_FOUND',
  'LICENSE_EXPIRED',
  'LICENSE_REVOKED',
  'LICENSE_SUSPENDED',
  'DEVICE_LIMIT_REACHED',
  'CONFLICT',
  'PLAN_LIMIT_REACHED',
] as const;

export const activateLicense = defineProcedure({
  name: 'activations.activate',
  method: 'POST',
  path: '/activate',
  tag,
  summary: 'Activate a license on a device',
  description:
    'Takes a seat unless this machine has one already: the same machine never takes two. `replace_device_id` swaps a device for this one in one step.',
  keys,
  input: z.strictObject({
    ...licenseProof,
    device: deviceInput,
    replace_device_id: id('device').optional(),
  }),
  output: activation(['activated', 'already_active', 'recovered', 'replaced']),
  statuses: [201, 200],
  statusOf: (output) => (output.result === 'activated' ? 201 : 200),
  errors: seatErrors,
  example: {
    license_key: '4XQ7M-8RT2K-0ZVWN-6HJ3C-P5DYB-1V',
    device: { fingerprint: '4b1cd9f0e2a7', name: "Ada's laptop" },
  },
});

export const validationCodes = [
  'VALID',
  'RESOURCE_NOT_FOUND',
  'LICENSE_EXPIRED',
  'LICENSE_REVOKED',
  'LICENSE_SUSPENDED',
  'LICENSE_NOT_STARTED',
  'DEVICE_NOT_ACTIVATED',
  'FEATURE_MISSING',
] as const;
export type ValidationCode = (typeof validationCodes)[number];

export const validateLicense = defineProcedure({
  name: 'activations.validate',
  method: 'POST',
  path: '/activate/validate',
  tag,
  summary: 'Validate a license on a device',
  description:
    'Answers 200 for every business outcome; `valid` and `code` tell it. Never takes a seat. After a 5xx keep using the lease you hold. With a `nonce` a refusal of a device that the license has, or had, carries a lease too: it grants nothing, and its signature proves the refusal.',
  keys,
  input: z.strictObject({
    ...licenseProof,
    device: deviceInput.optional().meta({
      description: 'Left out: the license alone is judged, and no lease is given.',
    }),
    required_features: z.array(text(64)).max(50).optional(),
  }),
  output: z.object({
    valid: z.boolean(),
    code: z.enum(validationCodes),
    license: licenseView.optional(),
    device: deviceView.optional(),
    lease: leaseView.optional(),
    ...always,
  }),
  example: {
    license_key: '4XQ7M-8RT2K-0ZVWN-6HJ3C-P5DYB-1V',
    device: { fingerprint: '4b1cd9f0e2a7' },
  },
});

export const deactivateLicense = defineProcedure({
  name: 'activations.deactivate',
  method: 'POST',
  path: '/activate/deactivate',
  tag,
  summary: 'Deactivate a device',
  description:
    'Frees the seat, also of an expired or suspended license. Name the device by `device_id` or by `device.fingerprint`.',
  keys,
  input: z
    .strictObject({
      ...licenseProof,
      device_id: id('device').optional(),
      device: deviceInput.optional(),
    })
    .refine((input) => (input.device_id === undefined) !== (input.device === undefined), {
      path: ['device_id'],
      error: 'give either `device_id` or `device`',
    }),
  output: z.object({
    result: z.enum(['deactivated', 'already_deactivated']),
    device: deviceView,
    license: licenseView,
    ...always,
  }),
  errors: ['RESOURCE_NOT_FOUND'],
  example: {
    license_key: '4XQ7M-8RT2K-0ZVWN-6HJ3C-P5DYB-1V',
    device: { fingerprint: '4b1cd9f0e2a7' },
  },
});

export const startTrial = defineProcedure({
  name: 'activations.trial',
  method: 'POST',
  path: '/activate/trial',
  tag,
  summary: 'Start a trial on a device',
  description:
    'One per device and product, and it never restarts: asked again, the running trial is answered with the same end.',
  keys,
  input: z.strictObject({
    product_id: id('product').optional().meta({
      description: 'May be left out with a channel key bound to one product.',
    }),
    device: deviceInput,
    nonce: nonce.optional(),
  }),
  output: activation(['started', 'existing']),
  statuses: [201, 200],
  statusOf: (output) => (output.result === 'started' ? 201 : 200),
  errors: ['RESOURCE_NOT_FOUND', 'LICENSE_REVOKED', 'LICENSE_SUSPENDED'],
  example: {
    product_id: exampleId('product'),
    device: { fingerprint: '4b1cd9f0e2a7' },
  },
});
