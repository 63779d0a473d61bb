import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

/** Where an installation's rows lie, or shall lie. */
export type Place =
  | { readonly kind: 'sqlite'; readonly dataDir: string }
  | { readonly kind: 'postgres'; readonly url: string };

const fileName = 'thrive.sqlite';

/** Reads `sqlite:<data dir or its thrive.sqlite>` or `postgres://…`. */
export function placeOf(text: string): Place {
  if (/^postgres(ql)?:\/\/./.test(text)) return { kind: 'postgres', url: text };
  const [, path] = text.match(/^sqlite:(.+)$/) ?? [];
  if (path === undefined)
    throw new InvalidArgumentError('It must be sqlite:<data dir>, or the postgres:// address of a database.');
  const full = resolve(path);
  if (basename(full) === fileName) return { kind: 'sqlite', dataDir: dirname(full) };
  if (existsSync(full) && !statSync(full).isDirectory())
    throw new InvalidArgumentError(`The file must be named ${fileName}, and the folder keys lie beside it.`);
  return { kind: 'sqlite', dataDir: full };
}

/** The place in a sentence, without user and password. */
export function nameOf(place: Place): string {
  if (place.kind === 'sqlite') return place.dataDir;
  return place.url.replace(/^(\w+:\/\/)(.*@)?/, '$1').replace(/\?.*$/, '');
}
