import {
  activateLicense,
  contract as contracts,
  deactivateLicense,
  idPrefixes,
  listPlans,
  startTrial,
  validateLicense,
  validationCodes,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { parts } from '../support/app.ts';
import { furnishMarked, mark, playEverything, type Seen, type Stage } from '../support/app-walk.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { pathOf, sendRaw } from '../support/raw.ts';
import { useServer } from '../support/test-server.ts';

const email = /[\w.+-]+@[\w-]+\.[\w.]+/;
const licenseKey = /\b([0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]{2}\b/i;
// Every answer names its request, and a lease itself.
const { request: _request, lease: _lease, ...ofThings } = idPrefixes;
const anyId = new RegExp(`\\b(?:${Object.values(ofThings).join('|')})_[0-9a-z]{26}\\b`, 'g');
/** Fields that have no place in any answer to an app, whatever they hold. */
const forbiddenFields =
  /"(?:email|customer\w*|phone|company|name|notes|metadata|price\w*|plan\w*|account\w*|key|seat|version|product_id)":/;

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let stage: Stage;
    const seen: Seen[] = [];

    beforeAll(async () => {
      stage = await furnishMarked(server);
      await playEverything(stage, door, (one) => seen.push(one));
    });

    it('the walk meets every outcome that an app can meet', () => {
      const outcomes = new Set(seen.map(({ outcome }) => outcome));
      const expected = [
        ...validationCodes.map((code) => `validate ${code}`),
        ...validationCodes
          .filter((code) => code !== 'VALID' && code !== 'RESOURCE_NOT_FOUND')
          .map((code) => `validate ${code} with a lease`),
        ...['activated', 'already_active', 'recovered', 'replaced'].map((result) => `activate ${result}`),
        ...['deactivated', 'already_deactivated'].map((result) => `deactivate ${result}`),
        ...['started', 'existing'].map((result) => `trial ${result}`),
        ...activateLicense.errors.map((code) => `activate ${code}`),
        ...deactivateLicense.errors.map((code) => `deactivate ${code}`),
        ...startTrial.errors.map((code) => `trial ${code}`),
        'trial PERMISSION_DENIED trial_ended',
        'trial PERMISSION_DENIED trial_not_offered',
        'activate VALIDATION_ERROR',
        'activate replayed',
        'activate replayed CONFLICT',
        'trial replayed',
        'activate INVALID_TOKEN',
        'key type PERMISSION_DENIED key_type',
        'keyset',
      ];
      expect(expected.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
    });

    it.each<[string, (one: Seen) => unknown]>([
      ['a text of the vendor or about the customer', ({ text }) => text.includes(mark)],
      ['an e-mail address', ({ text }) => email.test(text)],
      ['a whole license key', ({ text }) => licenseKey.test(text)],
      ['an API key', ({ text }) => /\btt_(admin|read|chan)_/.test(text)],
      [
        'a part of the machine as it was sent',
        ({ text }) => Object.values(parts('one')).find((part) => text.includes(part)),
      ],
      ['a field that is not for apps', ({ text }) => text.match(forbiddenFields)?.[0]],
      [
        'an id beyond the license and device that the app itself named',
        ({ text, own }) =>
          text
            .match(anyId)
            ?.filter((id) => !own.includes(id))
            .join(),
      ],
    ])('no answer to an app carries %s', (_what, find) => {
      const found = seen.filter((one) => find(one)).map((one) => [one.outcome, find(one), one.text]);
      expect(found).toEqual([]);
    });

    it('plans, which every key may read, carry nothing of this vendor', async () => {
      const { text } = await sendRaw(server, pathOf(door, listPlans), { key: stage.vendor.channel });
      expect(text).not.toMatch(mark);
      expect(text.match(anyId)).toBeNull();
    });
  });
});

describe('what an operation answers', () => {
  const appContracts = contracts.filter(({ tag }) => tag === 'Activations');

  it.each(appContracts.map((contract) => [contract.name, contract] as const))(
    'of %s is an allow-list, all the way down: a field that is not described is dropped',
    (_name, { output }) => {
      const open = nodes(output).filter(
        (node) => node.def.type === 'object' && node.def.catchall && node.def.catchall.def?.type !== 'never',
      );
      expect(open).toEqual([]);
      const kinds = new Set(nodes(output).map((node) => node.def.type));
      expect([...kinds].filter((kind) => ['any', 'unknown', 'custom', 'map'].includes(kind))).toEqual([]);
    },
  );

  it('loses what a use case lets slip', () => {
    const license = {
      id: 'lic_1',
      type: 'timed',
      status: 'active',
      expires_at: null,
      grace_ends_at: null,
      device_limit: 1,
      devices_used: 0,
      features: {},
      key_masked: '••••-9F3C',
    };
    const answer = {
      valid: false,
      code: 'VALID',
      license,
      server_time: '2026-01-26T12:00:00.000Z',
      nonce: null,
    };
    const slipped = {
      ...answer,
      notes: mark,
      license: { ...license, notes: mark, customer: { email: mark } },
    };
    expect(validateLicense.output.parse(slipped)).toEqual(answer);
  });
});

interface SchemaNode {
  readonly def: {
    readonly type: string;
    readonly shape?: Record<string, SchemaNode>;
    readonly innerType?: SchemaNode;
    readonly element?: SchemaNode;
    readonly valueType?: SchemaNode;
    readonly options?: SchemaNode[];
    readonly catchall?: SchemaNode;
  };
}

/** A schema and all schemas inside it. */
function nodes(schema: unknown): SchemaNode[] {
  const node = schema as SchemaNode;
  const { shape = {}, innerType, element, valueType, options = [] } = node.def;
  const inner = [...Object.values(shape), innerType, element, valueType, ...options];
  return [node, ...inner.filter((part) => part !== undefined).flatMap(nodes)];
}
