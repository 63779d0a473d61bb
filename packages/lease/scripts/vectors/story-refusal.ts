import { NOW } from './kit.ts';
import {
  activate,
  activated,
  answeredLease,
  day,
  HOUR,
  lic,
  pol,
  refusal,
  refusingLease,
  step,
  story,
  storyGroup,
  validated,
} from './story-kit.ts';
import type { VectorGroup } from './vector-file.ts';

const floatingLease = (request: number, at: number, changes = {}) =>
  answeredLease(request, at, {
    exp: at + 600,
    lic: { ...lic, type: 'floating' },
    pol: { ...pol, refresh: 300, grace: 0 },
    ...changes,
  });
const noSeat = refusal(409, 'DEVICE_LIMIT_REACHED', { limit: 3, used: 3 });

export const refusalStories: VectorGroup[] = [
  storyGroup('The server says no', [
    story(
      'suspended, and reinstated',
      [
        activate,
        step(
          {
            at: day(1),
            do: 'validate',
            answers: { validate: validated(2, refusingLease(2, day(1), 'suspended'), 'LICENSE_SUSPENDED') },
          },
          { status: 'suspended' },
        ),
        step({ at: day(3), do: 'restart' }, { status: 'suspended' }),
        step(
          { at: day(4), do: 'validate', answers: { validate: validated(3, answeredLease(3, day(4))) } },
          { status: 'active' },
        ),
      ],
      'SignedRefusal',
    ),
    story(
      'revoked: setting the clock back brings nothing back',
      [
        activate,
        step(
          {
            at: day(1),
            do: 'validate',
            answers: { validate: validated(2, refusingLease(2, day(1), 'revoked'), 'LICENSE_REVOKED') },
          },
          { status: 'revoked' },
        ),
        step({ at: NOW, do: 'check' }, { status: 'revoked' }),
        step({ at: day(100), do: 'restart' }, { status: 'revoked' }),
      ],
      'SignedRefusal',
    ),
    story(
      'the vendor freed the seat',
      [
        activate,
        step(
          {
            at: day(1),
            do: 'validate',
            answers: {
              validate: validated(2, refusingLease(2, day(1), 'deactivated'), 'DEVICE_NOT_ACTIVATED'),
            },
          },
          { status: 'unlicensed', reason: 'deactivated' },
        ),
        step(
          { at: day(2), do: 'activate', answers: { activate: activated(3, answeredLease(3, day(2))) } },
          { status: 'active' },
        ),
      ],
      'SignedRefusal',
    ),
    story(
      'expired, and renewed',
      [
        activate,
        step(
          {
            at: day(1),
            do: 'validate',
            answers: {
              validate: validated(
                2,
                refusingLease(2, day(1), 'expired', { lic: { ...lic, status: 'expired', exp: NOW } }),
                'LICENSE_EXPIRED',
              ),
            },
          },
          { status: 'expired', reason: 'license_ended' },
        ),
        step(
          { at: day(2), do: 'validate', answers: { validate: validated(3, answeredLease(3, day(2))) } },
          { status: 'active' },
        ),
      ],
      'SignedRefusal',
    ),
  ]),
  storyGroup('Seats', [
    story('none is free; the user frees one', [
      step(
        { at: NOW, do: 'activate', answers: { activate: noSeat } },
        { status: 'device_limit', warning: 'DEVICE_LIMIT_REACHED', error: 'DEVICE_LIMIT_REACHED' },
      ),
      step({ at: NOW, do: 'restart' }, { status: 'device_limit', warning: 'DEVICE_LIMIT_REACHED' }),
      step(
        {
          at: NOW + HOUR,
          do: 'activate',
          answers: { activate: activated(2, answeredLease(2, NOW + HOUR), 'replaced') },
        },
        { status: 'active' },
      ),
    ]),
    story('a refusal for want of a seat takes nothing from a license that holds', [
      activate,
      step(
        { at: day(1), do: 'activate', answers: { activate: noSeat } },
        { status: 'active', error: 'DEVICE_LIMIT_REACHED' },
      ),
    ]),
    story('a floating seat was lent to another machine, and one is free again', [
      step(
        { at: NOW, do: 'activate', answers: { activate: activated(1, floatingLease(1, NOW)) } },
        { status: 'active' },
      ),
      step({ at: NOW + 601, do: 'check' }, { status: 'expired', reason: 'not_refreshed' }),
      step(
        {
          at: NOW + HOUR,
          do: 'validate',
          answers: {
            validate: validated(2, lostSeat(2, NOW + HOUR), 'DEVICE_NOT_ACTIVATED'),
            activate: activated(3, floatingLease(3, NOW + HOUR)),
          },
        },
        { status: 'active' },
      ),
    ]),
    story('a floating seat was lent to another machine, and none is free', [
      step(
        { at: NOW, do: 'activate', answers: { activate: activated(1, floatingLease(1, NOW)) } },
        { status: 'active' },
      ),
      step(
        {
          at: NOW + HOUR,
          do: 'validate',
          answers: {
            validate: validated(2, lostSeat(2, NOW + HOUR), 'DEVICE_NOT_ACTIVATED'),
            activate: noSeat,
          },
        },
        { status: 'device_limit', warning: 'DEVICE_LIMIT_REACHED' },
      ),
    ]),
  ]),
];

function lostSeat(request: number, at: number): string {
  return refusingLease(request, at, 'deactivated', {
    lic: { ...lic, type: 'floating', status: 'deactivated' },
  });
}
