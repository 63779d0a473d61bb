import type { Caller } from '../src/admin/caller.ts';
import type { OperationTypes } from './emit-types.ts';
import { capitalize, pascalCase } from './names.ts';
import type { Operation } from './read-operations.ts';

/** The operations whose names begin with the group's, one word further. */
interface Group {
  /** `licenses.devices`; empty for the group of all. */
  readonly name: string;
  readonly operations: Operation[];
  readonly groups: Map<string, Group>;
}

/** TypeScript of the classes: one for each group of names, with a method for each operation. */
export function emitApi(
  operations: readonly Operation[],
  typesOf: ReadonlyMap<Operation, OperationTypes>,
): string {
  const root = groupByName(operations);
  const emit = (operation: Operation) => emitMethods(operation, typesOf.get(operation));
  const used = [...typesOf.values()].flatMap(({ input, result }) => [input, result.replace('[]', '')]);
  const types = [...new Set(used)].filter((name) => name !== null && !builtIn.includes(name));
  return `import type { CallOptions, Caller, Page } from '../caller.ts';
import type { ${types.join(', ')} } from './types.ts';

${[...descendants(root)].map((group) => emitClass(group, emit)).join('\n\n')}
`;
}

function groupByName(operations: readonly Operation[]): Group {
  const root: Group = { name: '', operations: [], groups: new Map() };
  for (const operation of operations) {
    let group = root;
    for (const word of operation.name.split('.').slice(0, -1)) {
      const name = group.name === '' ? word : `${group.name}.${word}`;
      const next: Group = group.groups.get(word) ?? { name, operations: [], groups: new Map() };
      group.groups.set(word, next);
      group = next;
    }
    group.operations.push(operation);
  }
  return root;
}

/** What answers are made of without the document. */
const builtIn: readonly string[] = ['string', 'Blob'];

/** Innermost first: a class stands before the one that makes it. */
function* descendants(group: Group): Generator<Group> {
  for (const inner of group.groups.values()) yield* descendants(inner);
  yield group;
}

const classOf = ({ name }: Group): string => `${pascalCase(name || 'admin')}Api`;

function emitClass(group: Group, emit: (operation: Operation) => Method[]): string {
  const inner = [...group.groups].map(([word, { name }]) => ({ word, type: `${pascalCase(name)}Api` }));
  const methods = group.operations.flatMap(emit);
  const words = [...inner.map(({ word }) => word), ...methods.map(({ name }) => name), 'constructor'];
  const twice = words.find((word, index) => words.indexOf(word) !== index);
  if (twice) throw new Error(`${classOf(group)} has two members called ${twice}`);

  const keepsCaller = methods.length > 0;
  return `/** ${group.name === '' ? 'Every operation of the platform.' : `The operations \`${group.name}.*\`.`} */
export class ${classOf(group)} {
  ${keepsCaller ? 'readonly #caller: Caller;' : ''}
  ${inner.map(({ word, type }) => `readonly ${word}: ${type};`).join('\n')}

  constructor(caller: Caller) {
    ${keepsCaller ? 'this.#caller = caller;' : ''}
    ${inner.map(({ word, type }) => `this.${word} = new ${type}(caller);`).join('\n')}
  }

  ${methods.map(({ text }) => text).join('\n\n')}
}`;
}

interface Method {
  readonly name: string;
  readonly text: string;
}

function emitMethods(operation: Operation, types: OperationTypes | undefined): Method[] {
  if (!types) throw new Error(`${operation.name} has no types`);
  const { name, method, path, answer } = operation;
  const verb = name.split('.').at(-1) ?? '';
  const isOptional = (operation.input.required ?? []).length === 0;
  const input = `input: ${types.input ?? 'Record<string, never>'}${isOptional ? ' = {}' : ''}`;
  const described = { name, method, path, ...(answer.kind === 'page' && { limitMax: answer.limitMax }) };
  const emit = (as: { name: string; gives: string; by: keyof Caller; note?: string }): Method => ({
    name: as.name,
    text: `${emitDocstring(operation, as.note)}${as.name}(${input}, options?: CallOptions): ${as.gives} {
      return this.#caller.${as.by}(${JSON.stringify(described)}, input, options);
    }`,
  });

  const { result } = types;
  if (answer.kind === 'value') return [emit({ name: verb, gives: `Promise<${result}>`, by: 'value' })];
  if (answer.kind === 'file') return [emit({ name: verb, gives: `Promise<${result}>`, by: 'file' })];
  if (answer.kind === 'stream')
    return [emit({ name: verb, gives: `AsyncIterable<${result}>`, by: 'stream' })];
  return [
    emit({ name: verb, gives: `Promise<Page<${result}>>`, by: 'page', note: 'One page.' }),
    emit({
      name: verb === 'list' ? 'iterate' : `iterate${capitalize(verb)}`,
      gives: `AsyncIterable<${result}>`,
      by: 'iterate',
      note: 'All pages, each fetched when it is needed.',
    }),
  ];
}

function emitDocstring({ summary, description }: Operation, note = ''): string {
  const [said = '', ...rest] = description.split('\n\n');
  const paragraphs = [`${summary}.`, said === summary ? '' : said, note, ...rest].filter(
    (text) => text !== '',
  );
  const lines = paragraphs.join('\n\n').replaceAll('*/', '*\\/').split('\n');
  return `/**\n${lines.map((line) => ` * ${line}`).join('\n')}\n */\n`;
}
