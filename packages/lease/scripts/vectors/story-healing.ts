import { keyEntry, keyset, nextSigningKey, signingKey } from './issuer.ts';
import { DAY, NOW } from './kit.ts';
import {
  activate,
  activated,
  answeredLease,
  day,
  elsewhere,
  HOUR,
  refusingLease,
  step,
  story,
  storyGroup,
  validated,
} from './story-kit.ts';
import type { VectorGroup } from './vector-file.ts';

const rotatedKeyset = keyset({
  seq: 5,
  keys: [keyEntry(signingKey, NOW - 100 * DAY, day(3)), keyEntry(nextSigningKey, day(3), null)],
});

export const healingStories: VectorGroup[] = [
  storyGroup('The clock', [
    story(
      'set ahead, then right again: one answer heals it',
      [
        activate,
        step({ at: day(1000), do: 'check' }, { status: 'expired', reason: 'license_ended' }),
        step({ at: day(1), do: 'check' }, { status: 'clock_rollback' }),
        step({ at: day(1), do: 'restart' }, { status: 'clock_rollback' }),
        step(
          { at: day(1), do: 'validate', answers: { validate: validated(2, answeredLease(2, day(1))) } },
          { status: 'active' },
        ),
        step({ at: day(2), do: 'check' }, { status: 'active' }),
      ],
      'Healing',
    ),
    story('set back to outlive a lease', [
      activate,
      step({ at: day(22), do: 'check' }, { status: 'expired', reason: 'not_refreshed' }),
      step({ at: day(2), do: 'check' }, { status: 'clock_rollback' }),
      step(
        { at: day(2), do: 'validate' },
        { status: 'clock_rollback', warning: 'NETWORK_ERROR', error: 'NETWORK_ERROR' },
      ),
    ]),
    story(
      'wrong while activating: the seat is taken, and the license works once the clock is right',
      [
        step(
          { at: day(-30), do: 'activate', answers: { activate: activated(1, answeredLease(1, NOW)) } },
          { status: 'clock_rollback', error: 'CLOCK_WRONG' },
        ),
        step({ at: NOW + HOUR, do: 'check' }, { status: 'active' }),
      ],
      'Healing',
    ),
    story(
      'wrong while refreshing: the lease is taken, and works once the clock is right',
      [
        activate,
        step({ at: day(-30), do: 'check' }, { status: 'clock_rollback' }),
        step(
          { at: day(-30), do: 'validate', answers: { validate: validated(2, answeredLease(2, day(1))) } },
          { status: 'clock_rollback', warning: 'CLOCK_WRONG', error: 'CLOCK_WRONG' },
        ),
        step({ at: day(1), do: 'check' }, { status: 'active', warning: 'CLOCK_WRONG' }),
        step(
          { at: day(2), do: 'validate', answers: { validate: validated(3, answeredLease(3, day(2))) } },
          { status: 'active' },
        ),
      ],
      'Healing',
    ),
  ]),
  storyGroup('This machine', [
    story(
      'what is stored was copied to another machine, which takes a seat of its own',
      [
        activate,
        step(
          { at: day(1), do: 'restart', machine: 'other' },
          { status: 'tampered', reason: 'other_machine' },
        ),
        step(
          {
            at: day(1),
            do: 'activate',
            answers: { activate: activated(2, answeredLease(2, day(1), elsewhere)) },
          },
          { status: 'active' },
        ),
      ],
      'Healing',
    ),
    story(
      'what is stored was damaged',
      [
        activate,
        step({ at: day(1), do: 'damage' }, { status: 'tampered', reason: 'state_damaged' }),
        step(
          {
            at: day(1),
            do: 'activate',
            answers: { activate: activated(2, answeredLease(2, day(1)), 'already_active') },
          },
          { status: 'active' },
        ),
      ],
      'Healing',
    ),
    story('an answer that was overtaken by a newer lease changes nothing', [
      step(
        { at: NOW, do: 'activate', answers: { activate: activated(1, answeredLease(1, NOW, { seq: 9 })) } },
        { status: 'active' },
      ),
      step(
        {
          at: day(1),
          do: 'validate',
          answers: {
            validate: validated(2, refusingLease(2, day(1), 'suspended', { seq: 8 }), 'LICENSE_SUSPENDED'),
          },
        },
        { status: 'active' },
      ),
    ]),
    story('the server signs with a new key', [
      activate,
      step(
        {
          at: day(4),
          do: 'validate',
          answers: { validate: validated(2, answeredLease(2, day(4), {}, nextSigningKey)) },
          keyset: rotatedKeyset,
        },
        { status: 'active' },
      ),
      step({ at: day(17), do: 'restart' }, { status: 'active' }),
    ]),
  ]),
];
