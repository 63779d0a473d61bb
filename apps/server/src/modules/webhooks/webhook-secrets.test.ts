import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSeal } from '../../platform/crypto/seal.ts';
import type { EndpointRecord } from './endpoint.ts';
import { sealSecret, signingSecrets } from './webhook-secrets.ts';
import { newWebhookSecret } from './webhook-signature.ts';

const now = Date.UTC(2026, 10, 25, 12);
const seal = createSeal(randomBytes(32));
const [present, former] = [newWebhookSecret(), newWebhookSecret()];
const endpointOf = (fields: Partial<EndpointRecord> = {}) =>
  ({
    id: 'whe_1',
    secret_sealed: sealSecret(seal, 'whe_1', present),
    previous_secret_sealed: null,
    previous_secret_until: null,
    ...fields,
  }) as EndpointRecord;

it('the present secret signs, and during a rotation the former one after it, to the last millisecond', () => {
  const previous_secret_sealed = sealSecret(seal, 'whe_1', former);
  const signing = (previous_secret_until: number) =>
    signingSecrets(seal, endpointOf({ previous_secret_sealed, previous_secret_until }), now);
  expect(signingSecrets(seal, endpointOf(), now)).toEqual([present]);
  expect(signing(now + 1)).toEqual([present, former]);
  expect(signing(now)).toEqual([present]);
});

it('a secret cannot be read from its row, nor with another row’s id or another key', () => {
  const { secret_sealed } = endpointOf();
  expect(secret_sealed).not.toContain(present.slice('whsec_'.length));
  expect(() => signingSecrets(seal, endpointOf({ id: 'whe_2' }), now)).toThrow();
  expect(() => signingSecrets(createSeal(randomBytes(32)), endpointOf(), now)).toThrow();
});
