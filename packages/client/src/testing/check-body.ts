import type { FieldFault } from './refusal.ts';

/** Finds what is wrong with a value; in the words of the server. */
type Check = (value: unknown, path: string) => FieldFault[];

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const wrongType = (path: string, expected: string, value: unknown): FieldFault[] => [
  {
    path,
    code: 'invalid_type',
    message: `Invalid input: expected ${expected}, received ${typeOf(value)}`,
  },
];

type Rule = readonly [holds: (value: string) => boolean, code: string, message: string];

const string =
  (...rules: readonly Rule[]): Check =>
  (value, path) => {
    if (typeof value !== 'string') return wrongType(path, 'string', value);
    return rules
      .filter(([holds]) => !holds(value))
      .map(([, code, message]): FieldFault => ({ path, code, message }));
  };

const pattern = (expression: RegExp, message: string): Check =>
  string([(value) => expression.test(value), 'invalid_format', message]);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const controlCharacters = /[\x00-\x1f\x7f-\x9f]/;
/** Half a surrogate pair is no character. */
const loneSurrogate = /\p{Surrogate}/u;

const text = (lengthMax: number): Check =>
  string(
    [(value) => value.length > 0, 'too_small', 'must not be empty'],
    [(value) => value.length <= lengthMax, 'too_big', `must be at most ${lengthMax} characters`],
    [(value) => !controlCharacters.test(value), 'invalid_format', 'must not contain control characters'],
    [(value) => !loneSurrogate.test(value), 'custom', 'must be valid Unicode'],
    [(value) => /\S/.test(value), 'invalid_format', 'must not be blank'],
  );

const oneOf =
  (...options: readonly string[]): Check =>
  (value, path) =>
    options.includes(value as string)
      ? []
      : [
          {
            path,
            code: 'invalid_value',
            message: `Invalid option: expected one of ${options.map((option) => `"${option}"`).join('|')}`,
          },
        ];

const listOf =
  (check: Check, lengthMax: number): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return wrongType(path, 'array', value);
    const message = `Too big: expected array to have <=${lengthMax} items`;
    return [
      ...value.flatMap((item, index) => check(item, `${path}.${index}`)),
      ...(value.length > lengthMax ? [{ path, code: 'too_big', message }] : []),
    ];
  };

const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined ? [] : check(value, path);

const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (typeOf(value) !== 'object') return wrongType(path, 'object', value);
    const given = value as Record<string, unknown>;
    const pathOf = (name: string) => (path === '' ? name : `${path}.${name}`);
    return [
      ...Object.entries(fields).flatMap(([name, check]) => check(given[name], pathOf(name))),
      ...Object.keys(given)
        .filter((name) => !Object.hasOwn(fields, name))
        .map((name) => ({ path: pathOf(name), code: 'unknown_field', message: unknownField })),
    ];
  };

const unknownField = 'is not a field of this request; check its spelling or leave it out';

const id = (prefix: string) => pattern(/^[A-Za-z0-9_-]{1,64}$/, `must be an id such as ${prefix}_…`);
const digest = pattern(/^[A-Za-z0-9_-]{16,86}$/, 'must be 16 to 86 characters of base64url');

const device = object({
  fingerprint: pattern(/^[!-~]{8,256}$/, 'must be 8 to 256 printable ASCII characters without spaces'),
  components: optional(
    object({
      os_install_id: optional(digest),
      board_id: optional(digest),
      boot_disk: optional(digest),
      mac: optional(digest),
      cpu: optional(digest),
    }),
  ),
  name: optional(text(200)),
  platform: optional(text(64)),
  arch: optional(text(64)),
  os_version: optional(text(100)),
  app_version: optional(text(100)),
  environment: optional(oneOf('desktop', 'server', 'container', 'vm', 'ci')),
});

const product_id = optional(id('prd'));
const nonce = optional(pattern(/^[A-Za-z0-9_-]{22,43}$/, 'must be 16 to 32 random bytes in base64url'));
const proof = { license_key: text(100), product_id, nonce };

const either: Check = (value) => {
  const { device_id, device: machine } = value as Record<string, unknown>;
  const isEither = (device_id === undefined) !== (machine === undefined);
  return isEither
    ? []
    : [{ path: 'device_id', code: 'custom', message: 'give either `device_id` or `device`' }];
};

/** Faults of this kind leave nothing that a rule about several fields could look at. */
const isFatal = ({ code }: FieldFault) =>
  !['invalid_format', 'too_small', 'too_big', 'custom'].includes(code);

const deactivation: Check = (value, path) => {
  const faults = object({ ...proof, device_id: optional(id('dev')), device: optional(device) })(value, path);
  return faults.some(isFatal) ? faults : [...faults, ...either(value, path)];
};

/** What each of the four calls takes; the rules of the server's contract. */
const bodies = {
  activate: object({ ...proof, device, replace_device_id: optional(id('dev')) }),
  validate: object({
    ...proof,
    device: optional(device),
    required_features: optional(listOf(text(64), 50)),
  }),
  deactivate: deactivation,
  trial: object({ product_id, device, nonce }),
};

const faultsMax = 20;

/** Every fault of a body; none: it may be read as the call's input. */
export function checkBody(call: keyof typeof bodies, body: unknown): readonly FieldFault[] {
  return bodies[call](body, '').slice(0, faultsMax);
}
