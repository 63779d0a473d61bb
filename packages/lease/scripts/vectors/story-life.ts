import { NOW } from './kit.ts';
import {
  activate,
  activated,
  answeredLease,
  day,
  deactivated,
  HOUR,
  page,
  pol,
  refusal,
  step,
  story,
  storyGroup,
  validated,
} from './story-kit.ts';
import type { VectorGroup } from './vector-file.ts';

const never = step({ at: NOW, do: 'check' }, { status: 'unlicensed', reason: 'never_activated' });

const trialLease = (request: number, at: number) =>
  answeredLease(request, at, {
    exp: day(14),
    lic: { type: 'trial', status: 'active', exp: day(14), limit: 1 },
    pol: { ...pol, grace: 0 },
  });

export const lifeStories: VectorGroup[] = [
  storyGroup('A life', [
    story('activated, used, refreshed, left alone, refreshed again and given back', [
      never,
      activate,
      step({ at: day(6), do: 'check' }, { status: 'active' }),
      step(
        { at: day(7), do: 'validate', answers: { validate: validated(2, answeredLease(2, day(7))) } },
        { status: 'active' },
      ),
      step({ at: day(20), do: 'restart' }, { status: 'active' }),
      step({ at: day(21) + 1, do: 'check' }, { status: 'grace', reason: 'not_refreshed' }),
      step({ at: day(28), do: 'check' }, { status: 'grace', reason: 'not_refreshed' }),
      step({ at: day(28) + 1, do: 'check' }, { status: 'expired', reason: 'not_refreshed' }),
      step(
        { at: day(30), do: 'validate', answers: { validate: validated(3, answeredLease(3, day(30))) } },
        { status: 'active' },
      ),
      step(
        { at: day(31), do: 'deactivate', answers: { deactivate: deactivated(4) } },
        { status: 'unlicensed', reason: 'deactivated' },
      ),
      step({ at: day(31), do: 'restart' }, { status: 'unlicensed', reason: 'deactivated' }),
      step(
        { at: day(32), do: 'activate', answers: { activate: activated(5, answeredLease(5, day(32))) } },
        { status: 'active' },
      ),
    ]),
    story('nobody answers: the app goes on until its lease has run out', [
      activate,
      step(
        { at: day(7), do: 'validate' },
        { status: 'active', warning: 'NETWORK_ERROR', error: 'NETWORK_ERROR' },
      ),
      step(
        { at: day(15), do: 'validate' },
        { status: 'grace', reason: 'not_refreshed', warning: 'NETWORK_ERROR', error: 'NETWORK_ERROR' },
      ),
      step(
        { at: day(22), do: 'restart' },
        { status: 'expired', reason: 'not_refreshed', warning: 'NETWORK_ERROR' },
      ),
      step(
        { at: day(23), do: 'validate', answers: { validate: validated(4, answeredLease(4, day(23))) } },
        { status: 'active' },
      ),
    ]),
    story('a deactivation that reaches nobody frees nothing and ends nothing', [
      activate,
      step({ at: NOW + HOUR, do: 'deactivate' }, { status: 'active', error: 'NETWORK_ERROR' }),
      step(
        { at: NOW + HOUR, do: 'deactivate', answers: { deactivate: page } },
        { status: 'active', error: 'UNTRUSTED_ANSWER' },
      ),
      step(
        { at: NOW + HOUR, do: 'deactivate', answers: { deactivate: deactivated(1) } },
        { status: 'active', error: 'UNTRUSTED_ANSWER' },
      ),
    ]),
  ]),
  storyGroup('A trial', [
    story('started, refreshed, ended, and not started again', [
      step(
        { at: NOW, do: 'startTrial', answers: { trial: activated(1, trialLease(1, NOW), 'started') } },
        { status: 'trial' },
      ),
      step(
        { at: day(7), do: 'validate', answers: { trial: activated(2, trialLease(2, day(7)), 'existing') } },
        { status: 'trial' },
      ),
      step({ at: day(14), do: 'check' }, { status: 'trial' }),
      step({ at: day(14) + 1, do: 'check' }, { status: 'expired', reason: 'trial_ended' }),
      step(
        {
          at: day(15),
          do: 'startTrial',
          answers: { trial: refusal(403, 'PERMISSION_DENIED', { reason: 'trial_ended' }) },
        },
        { status: 'expired', reason: 'trial_ended', error: 'PERMISSION_DENIED' },
      ),
      step(
        { at: day(16), do: 'activate', answers: { activate: activated(4, answeredLease(4, day(16))) } },
        { status: 'active' },
      ),
    ]),
  ]),
];
