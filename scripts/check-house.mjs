// What no other tool looks at: the shape of the repository, and what must never get into it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './processes.mjs';

const topLevel = new Set([
  'package.json',
  'package-lock.json',
  'turbo.json',
  'README.md',
  'docs',
  'LICENSE',
  'apps',
  'packages',
  'scripts',
]);
const linesMax = 400;

const isTest = (path) => /\.(test|fixtures)\.ts$/.test(path);
/** Written by a program, for programs. */
const isGenerated = (path) => path.includes('/generated/');
const source = /^(apps|packages)\/[^/]+\/src\//;
const isText = (text) => !text.includes('\0');

/** Each looks at one file and names what is wrong with it. */
const rules = [
  ({ path }) => {
    const [top] = path.split('/');
    if (!top.startsWith('.') && !topLevel.has(top)) return `${top} does not belong on the top level`;
  },
  ({ path, lines }) => {
    if (!source.test(path) || !/\.tsx?$/.test(path) || isTest(path) || isGenerated(path)) return;
    if (lines.length > linesMax) return `${lines.length} lines; past ${linesMax} a file is usually two verbs`;
  },
  ({ path, lines }) => {
    if (!path.endsWith('package-lock.json')) return;
    return firstLine(
      lines,
      /"resolved": "(https?|git)/,
      'an address: packages must come from wherever the reader gets theirs',
    );
  },
  ({ lines }) =>
    firstLine(lines, /(?<![\w.$}*-])\/(work|root|tmp\/bash\w*)\//, "a path of somebody's machine"),
  ({ lines }) =>
    firstLine(
      lines,
      /\bregistry\.(npmjs|yarnpkg)\b|\bnpmmirror\b|\bpypi\.org\b/,
      'the host of a package registry',
    ),
  ({ path, lines }) => {
    const isEntry =
      /^apps\/server\/src\/(main\.ts$|cli\/)|^packages\/client\/src\/(device\/node-system|state\/node-host)\.ts$/.test(
        path,
      );
    if (!source.test(path) || isEntry || isTest(path)) return;
    return firstLine(
      lines,
      /\bprocess\s*\.\s*(env|exit|exitCode|argv|cwd|chdir|kill|on|once)\b|from 'node:process'/,
      'only main.ts, cli and the ports of the client package touch the process: hand in what is needed',
    );
  },
];

const findings = listFiles().flatMap((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const file = { path, lines: isText(text) ? text.trimEnd().split('\n') : [] };
  return rules.flatMap((rule) => rule(file) ?? []).map((finding) => `${path}: ${finding}`);
});

for (const finding of findings) console.log(finding);
process.exitCode = findings.length === 0 ? 0 : 1;

/** What is committed, or would be. */
function listFiles() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const paths = new Set(listed.toString().split('\0'));
  return [...paths].filter((path) => path && existsSync(join(root, path)));
}

function firstLine(lines, pattern, what) {
  const index = lines.findIndex((line) => pattern.test(line));
  return index === -1 ? undefined : `line ${index + 1}: ${what}`;
}
