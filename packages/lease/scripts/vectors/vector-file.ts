/** One case. `input` and `expected` are what README.md says of the schema. */
export interface VectorTest {
  readonly comment: string;
  readonly flags?: readonly string[];
  readonly input: Readonly<Record<string, unknown>>;
  /** `invalid` comes with the name of the refusal. */
  readonly error?: string;
  readonly expected?: Readonly<Record<string, unknown>>;
}

export interface VectorGroup {
  readonly type: string;
  readonly comment: string;
  /** Inputs that all tests of the group share. */
  readonly [input: string]: unknown;
  readonly tests: readonly VectorTest[];
}

export interface VectorFile {
  readonly algorithm: string;
  readonly schema: string;
  readonly header: readonly string[];
  /** Why a flag is there: what goes wrong in an implementation that fails. */
  readonly notes: Readonly<Record<string, string>>;
  readonly groups: readonly VectorGroup[];
}

/** The text of a file in the shape of Wycheproof's. Throws when a flag and its note do not meet. */
export function renderVectorFile({ algorithm, schema, header, notes, groups }: VectorFile): string {
  let tcId = 0;
  const used = new Set<string>();
  const testGroups = groups.map(({ tests, ...shared }) => ({
    ...shared,
    tests: tests.map(({ comment, flags = [], input, error, expected }) => {
      for (const flag of flags) used.add(flag);
      tcId += 1;
      const outcome = error === undefined ? { result: 'valid' } : { result: 'invalid', error };
      return { tcId, comment, flags, input, ...outcome, ...(expected && { expected }) };
    }),
  }));
  for (const flag of used) if (notes[flag] === undefined) throw new Error(`${schema}: no note on ${flag}`);
  for (const note of Object.keys(notes))
    if (!used.has(note)) throw new Error(`${schema}: ${note} flags nothing`);
  const file = { algorithm, schema, numberOfTests: tcId, header, notes: describe(notes), testGroups };
  return `${JSON.stringify(file, null, 1)}\n`;
}

function describe(notes: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(notes).map(([flag, description]) => [flag, { description }]));
}
