// Runs other programs. Plain Node 20 without dependencies: this is needed before anything is installed.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The pinned Node 24, which runs TypeScript. Exists once packages are installed. */
export const pinnedNode = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * Runs a program until it ends, handing on the signals this process gets: npm signals only its own child.
 * Gives the exit code, and what was printed if `stdio` asks for pipes.
 */
export function run(command, args, { stdio = 'inherit', env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio, env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const handOn = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, handOn);
    const release = () => forwarded.forEach((signal) => void process.off(signal, handOn));
    child.on('error', (error) => {
      release();
      reject(error);
    });
    child.on('close', (code, signal) => {
      release();
      resolve({ code: code ?? 1, signal, output });
    });
  });
}

/** Ends this process the way a child ended, so that a caller cannot tell them apart. */
export function endLike({ code, signal }) {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code;
}

/** Runs npm: the one that started us, on the Node it runs on, else the first in PATH. */
export function runNpm(args, options) {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  if (npm?.endsWith('npm-cli.js')) return run(node ?? process.execPath, [npm, ...args], options);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}
