import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMPONENT_NAMES, type ComponentDigests, DEVICE_COMPONENTS, matchDevice } from './device-match.ts';

const digest = fc.option(fc.constantFrom('a', 'b', 'c', ''), { nil: undefined });
const digests = fc.record(
  Object.fromEntries(COMPONENT_NAMES.map((name) => [name, digest])),
) as fc.Arbitrary<ComponentDigests>;
const subsets = Array.from({ length: 2 ** COMPONENT_NAMES.length }, (_, mask) =>
  COMPONENT_NAMES.filter((_name, bit) => mask & (1 << bit)),
);
const enrol = (names: readonly string[]): ComponentDigests =>
  Object.fromEntries(names.map((name) => [name, `digest of ${name}`]));

describe('device match', () => {
  test('a machine is itself if it has a strong component, whatever else it has', () => {
    for (const names of subsets) {
      const isStrong = names.some((name) => DEVICE_COMPONENTS[name].isStrong);
      expect(matchDevice(enrol(names), enrol(names)).matches, names.join()).toBe(isStrong);
    }
  });

  test('with both strong components and a weaker one enrolled, any single change or loss is survived', () => {
    const rich = subsets.filter(
      (names) => names.includes('os_install_id') && names.includes('board_id') && names.length > 2,
    );
    expect(rich).toHaveLength(7);
    for (const names of rich) {
      for (const name of names) {
        const { [name]: _lost, ...rest } = enrol(names);
        expect(matchDevice(enrol(names), rest).matches).toBe(true);
        const changed = matchDevice(enrol(names), { ...rest, [name]: 'another' });
        expect(changed).toMatchObject({ matches: true, changed: [name] });
      }
    }
  });

  test('with nothing but the two strong components, one change is exactly half and not survived', () => {
    const enrolled = enrol(['os_install_id', 'board_id']);
    expect(matchDevice(enrolled, { ...enrolled, board_id: 'another' })).toEqual({
      matches: false,
      score: 3,
      enrolledWeight: 6,
      strongEqual: 1,
      changed: ['board_id'],
    });
  });

  test('all weak components together make no machine', () => {
    const all = enrol(COMPONENT_NAMES);
    const cloned = { ...all, os_install_id: 'another', board_id: 'another' };
    expect(matchDevice(all, cloned)).toMatchObject({ matches: false, score: 4, strongEqual: 0 });
  });

  test('two unreadable components are not equal', () => {
    expect(matchDevice({ board_id: '' }, { board_id: '' })).toMatchObject({
      matches: false,
      enrolledWeight: 0,
    });
    expect(matchDevice({}, {})).toMatchObject({ matches: false });
  });

  test('matches exactly by the rule, and never exceeds the enrolled weight', () => {
    fc.assert(
      fc.property(digests, digests, fc.integer({ min: 0, max: 99 }), (enrolled, presented, threshold) => {
        const match = matchDevice(enrolled, presented, threshold);
        expect(match.score).toBeLessThanOrEqual(match.enrolledWeight);
        expect(match.enrolledWeight).toBeLessThanOrEqual(10);
        expect(match.matches).toBe(
          match.strongEqual > 0 && match.score / match.enrolledWeight > threshold / 100,
        );
      }),
    );
  });

  test('presenting more equal components never turns a match into none', () => {
    fc.assert(
      fc.property(digests, digests, fc.constantFrom(...COMPONENT_NAMES), (enrolled, presented, name) => {
        const closer = { ...presented, [name]: enrolled[name] };
        if (matchDevice(enrolled, presented).matches)
          expect(matchDevice(enrolled, closer).matches).toBe(true);
      }),
    );
  });
});
