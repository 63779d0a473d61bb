import { COMPONENTS, digestsOf } from './issuer.ts';
import type { VectorFile, VectorTest } from './vector-file.ts';

type Digests = Readonly<Record<string, string>>;

const weights: Readonly<Record<string, number>> = {
  os_install_id: 3,
  board_id: 3,
  boot_disk: 2,
  mac: 1,
  cpu: 1,
};
const all = digestsOf(COMPONENTS);
const subsets = Array.from({ length: 2 ** COMPONENTS.length }, (_, mask) =>
  COMPONENTS.filter((_name, bit) => mask & (1 << bit)),
);

interface Verdict {
  readonly score: number;
  readonly enrolledWeight: number;
  readonly strongEqual: number;
  readonly changed: readonly string[];
}

const match = (
  comment: string,
  enrolled: Digests,
  presented: Digests,
  verdict: Verdict,
  threshold = 50,
): VectorTest => ({
  comment,
  input: { enrolled, presented, threshold },
  expected: { ...verdict },
});
const noMatch = (...values: Parameters<typeof match>): VectorTest => ({
  ...match(...values),
  error: 'DEVICE_MISMATCH',
});
const weightOf = (names: readonly string[]) => names.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
const strongOf = (names: readonly string[]) =>
  names.filter((name) => name === 'os_install_id' || name === 'board_id').length;

const whole: Verdict = { score: 10, enrolledWeight: 10, strongEqual: 2, changed: [] };
const twoStrong = digestsOf(['os_install_id', 'board_id']);
const exchanged = (...names: string[]) => digestsOf(names, ' exchanged');

export const deviceMatchVectors: VectorFile = {
  algorithm: 'thrive-device-match',
  schema: 'device_match_v1',
  header: ['Whether the components presented are those of the machine that was enrolled.'],
  notes: {
    Unreadable: 'An empty digest stands for a part that could not be read: two of them are not one machine.',
    LaterVersion: 'A component that this version does not know has no weight.',
  },
  groups: [
    {
      type: 'DeviceMatch',
      comment: 'Every choice of components against itself: a machine with a strong one is itself',
      tests: subsets.map((names) => {
        const weight = weightOf(names);
        const verdict = { score: weight, enrolledWeight: weight, strongEqual: strongOf(names), changed: [] };
        const isMachine = strongOf(names) > 0;
        return (isMachine ? match : noMatch)(
          names.join(', ') || 'none',
          digestsOf(names),
          digestsOf(names),
          verdict,
        );
      }),
    },
    {
      type: 'DeviceMatch',
      comment: 'All five are enrolled and those named were exchanged',
      tests: subsets.slice(1).map((names) => {
        const kept = COMPONENTS.filter((name) => !names.includes(name));
        const verdict = {
          score: weightOf(kept),
          enrolledWeight: 10,
          strongEqual: strongOf(kept),
          changed: names,
        };
        const isMachine = strongOf(kept) > 0 && weightOf(kept) > 5;
        return (isMachine ? match : noMatch)(
          names.join(', '),
          all,
          { ...all, ...exchanged(...names) },
          verdict,
        );
      }),
    },
    {
      type: 'DeviceMatch',
      comment:
        'All five are enrolled and those named are not presented: no change to enroll, but no weight either',
      tests: subsets.slice(1).map((names) => {
        const kept = COMPONENTS.filter((name) => !names.includes(name));
        const verdict = {
          score: weightOf(kept),
          enrolledWeight: 10,
          strongEqual: strongOf(kept),
          changed: [],
        };
        const isMachine = strongOf(kept) > 0 && weightOf(kept) > 5;
        return (isMachine ? match : noMatch)(names.join(', '), all, digestsOf(kept), verdict);
      }),
    },
    {
      type: 'DeviceMatch',
      comment: 'The threshold is percent of the enrolled weight, and must be exceeded',
      tests: [
        noMatch(
          'half',
          twoStrong,
          { ...twoStrong, ...exchanged('board_id') },
          { score: 3, enrolledWeight: 6, strongEqual: 1, changed: ['board_id'] },
        ),
        match(
          'half at 49',
          twoStrong,
          digestsOf(['os_install_id']),
          { score: 3, enrolledWeight: 6, strongEqual: 1, changed: [] },
          49,
        ),
        match(
          'seven of ten at 69',
          all,
          digestsOf(['os_install_id', 'boot_disk', 'mac', 'cpu']),
          { score: 7, enrolledWeight: 10, strongEqual: 1, changed: [] },
          69,
        ),
        noMatch(
          'seven of ten at 70',
          all,
          digestsOf(['os_install_id', 'boot_disk', 'mac', 'cpu']),
          { score: 7, enrolledWeight: 10, strongEqual: 1, changed: [] },
          70,
        ),
        match('all at 99', all, all, whole, 99),
        noMatch(
          'nine of ten at 99',
          all,
          digestsOf(COMPONENTS.slice(0, 4)),
          { score: 9, enrolledWeight: 10, strongEqual: 2, changed: [] },
          99,
        ),
        match(
          'three of ten at 0',
          all,
          digestsOf(['board_id']),
          { score: 3, enrolledWeight: 10, strongEqual: 1, changed: [] },
          0,
        ),
        noMatch(
          'four of ten without a strong one at 0',
          all,
          digestsOf(['boot_disk', 'mac', 'cpu']),
          { score: 4, enrolledWeight: 10, strongEqual: 0, changed: [] },
          0,
        ),
      ],
    },
    {
      type: 'DeviceMatch',
      comment: 'What is no component',
      tests: [
        {
          ...noMatch(
            'both unreadable',
            { board_id: '' },
            { board_id: '' },
            { score: 0, enrolledWeight: 0, strongEqual: 0, changed: [] },
          ),
          flags: ['Unreadable'],
        },
        {
          ...match('enrolled unreadable', { ...all, mac: '' }, all, {
            ...whole,
            score: 9,
            enrolledWeight: 9,
          }),
          flags: ['Unreadable'],
        },
        {
          ...match('presented unreadable', all, { ...all, mac: '' }, { ...whole, score: 9 }),
          flags: ['Unreadable'],
        },
        match('presented, though never enrolled', digestsOf(['board_id']), all, {
          score: 3,
          enrolledWeight: 3,
          strongEqual: 1,
          changed: [],
        }),
        {
          ...match('a component of a later version', { ...all, tpm: 'x' }, { ...all, tpm: 'y' }, whole),
          flags: ['LaterVersion'],
        },
        noMatch('another case', all, swapCase(all), {
          score: 0,
          enrolledWeight: 10,
          strongEqual: 0,
          changed: [...COMPONENTS],
        }),
      ],
    },
  ],
};

function swapCase(digests: Digests): Record<string, string> {
  return Object.fromEntries(
    Object.entries(digests).map(([name, digest]) => [name, digest.replace(/[a-zA-Z]/g, swap)]),
  );
}

function swap(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
}
