import { keyEntry, keyset, strangerKey } from './issuer.ts';
import { NOW } from './kit.ts';
import {
  activate,
  activated,
  answeredLease,
  day,
  elsewhere,
  page,
  refusal,
  refusingLease,
  step,
  story,
  storyGroup,
  unsigned,
  validated,
} from './story-kit.ts';
import type { VectorGroup } from './vector-file.ts';

const impostorKeyset = keyset({ seq: 9, keys: [keyEntry(strangerKey, 0, null)] }, strangerKey);

const OTHER_LICENSE = 'lic_01k9zj4t5w8x2y6b3c7d9f1g9z';

/** A no that proves nothing, and what becomes of the call. */
const unproven = (at: number, answer: Parameters<typeof refusal> | 'page', error: string) =>
  step(
    { at, do: 'validate', answers: { validate: answer === 'page' ? page : refusal(...answer) } },
    { status: 'active', warning: error, error },
  );

export const trustStories: VectorGroup[] = [
  storyGroup('Nobody but the server ends a license', [
    story(
      'everything that is no proof',
      [
        activate,
        step(
          { at: day(1), do: 'validate', answers: { validate: unsigned(2, 'LICENSE_REVOKED') } },
          { status: 'active', warning: 'LICENSE_REVOKED' },
        ),
        step(
          { at: day(1), do: 'validate', answers: { validate: unsigned(3, 'RESOURCE_NOT_FOUND') } },
          { status: 'active', warning: 'RESOURCE_NOT_FOUND' },
        ),
        unproven(day(1), [401, 'INVALID_TOKEN'], 'INVALID_TOKEN'),
        unproven(day(1), [403, 'LICENSE_REVOKED'], 'LICENSE_REVOKED'),
        unproven(day(1), [404, 'RESOURCE_NOT_FOUND'], 'RESOURCE_NOT_FOUND'),
        unproven(day(1), [429, 'RATE_LIMIT_EXCEEDED'], 'RATE_LIMIT_EXCEEDED'),
        unproven(day(1), [500, 'INTERNAL_ERROR'], 'INTERNAL_ERROR'),
        unproven(day(1), 'page', 'UNTRUSTED_ANSWER'),
        step({ at: day(1), do: 'restart' }, { status: 'active', warning: 'UNTRUSTED_ANSWER' }),
        step(
          { at: day(2), do: 'validate', answers: { validate: validated(10, answeredLease(10, day(2))) } },
          { status: 'active' },
        ),
      ],
      'Unproven',
    ),
    story(
      'a signed no that was made for somebody else, or for another request',
      [
        activate,
        step(
          {
            at: day(1),
            do: 'validate',
            answers: { validate: validated(2, refusingLease(1, day(1), 'revoked'), 'LICENSE_REVOKED') },
          },
          { status: 'active', warning: 'UNTRUSTED_ANSWER', error: 'UNTRUSTED_ANSWER' },
        ),
        step(
          {
            at: day(1),
            do: 'validate',
            answers: {
              validate: validated(3, refusingLease(3, day(1), 'revoked', elsewhere), 'LICENSE_REVOKED'),
            },
          },
          { status: 'active', warning: 'UNTRUSTED_ANSWER', error: 'UNTRUSTED_ANSWER' },
        ),
      ],
      'Unproven',
      'Replay',
    ),
    story(
      'a signed no about another license of the same machine',
      [
        activate,
        step(
          {
            at: day(1),
            do: 'validate',
            answers: {
              validate: validated(
                2,
                refusingLease(2, day(1), 'revoked', { sub: OTHER_LICENSE }),
                'LICENSE_REVOKED',
              ),
            },
          },
          { status: 'active', warning: 'UNTRUSTED_ANSWER', error: 'UNTRUSTED_ANSWER' },
        ),
        step({ at: day(2), do: 'restart' }, { status: 'active', warning: 'UNTRUSTED_ANSWER' }),
      ],
      'Unproven',
      'OtherLicense',
    ),
  ]),
  storyGroup('Nobody but the server begins a license', [
    story(
      'answers of an impostor',
      [
        step(
          { at: NOW, do: 'activate', answers: { activate: page } },
          { status: 'unlicensed', reason: 'never_activated', error: 'UNTRUSTED_ANSWER' },
        ),
        step(
          {
            at: NOW,
            do: 'activate',
            answers: { activate: activated(2, answeredLease(2, NOW, {}, strangerKey)) },
            keyset: impostorKeyset,
          },
          { status: 'unlicensed', reason: 'never_activated', error: 'UNTRUSTED_ANSWER' },
        ),
      ],
      'Impostor',
    ),
    story(
      'an old answer, played back when the lease has run out',
      [
        activate,
        step({ at: day(22), do: 'check' }, { status: 'expired', reason: 'not_refreshed' }),
        step(
          { at: day(22), do: 'validate', answers: { validate: validated(2, answeredLease(1, NOW)) } },
          {
            status: 'expired',
            reason: 'not_refreshed',
            warning: 'UNTRUSTED_ANSWER',
            error: 'UNTRUSTED_ANSWER',
          },
        ),
        step(
          { at: day(22), do: 'validate', answers: { validate: unsigned(3, 'VALID') } },
          {
            status: 'expired',
            reason: 'not_refreshed',
            warning: 'UNTRUSTED_ANSWER',
            error: 'UNTRUSTED_ANSWER',
          },
        ),
      ],
      'Replay',
    ),
    story(
      'an activation that is answered with a signed no',
      [
        step(
          {
            at: NOW,
            do: 'activate',
            answers: { activate: activated(1, refusingLease(1, NOW, 'suspended')) },
          },
          { status: 'unlicensed', reason: 'never_activated', error: 'UNTRUSTED_ANSWER' },
        ),
      ],
      'SignedRefusal',
    ),
  ]),
];
