import type { SystemPort } from './system-port.ts';

/** What one machine answered. The numbers in these recordings are made up. */
export interface Recording {
  readonly platform: string;
  readonly arch: string;
  readonly hostname: string;
  readonly release: string;
  readonly version: string;
  readonly cpuModel: string;
  readonly env?: Readonly<Record<string, string>>;
  /** By path. What is not here is missing; null stands for a file that this user may not read. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly links?: Readonly<Record<string, string>>;
  /** By command line without the directory of the tool. What is not here fails. */
  readonly commands?: Readonly<Record<string, string>>;
}

const encode = (text: string) => new TextEncoder().encode(text);
const refuse = (code: string) => Object.assign(new Error(`${code}: recorded`), { code });

/** The recorded machine, at once in all it does. Its timers never end by themselves. */
export function recordedSystem(
  recording: Recording,
): SystemPort & { readonly commandsRun: readonly string[] } {
  const { files = {}, links = {}, commands = {} } = recording;
  const paths = [...Object.keys(files), ...Object.keys(links)];
  const commandsRun: string[] = [];
  return {
    commandsRun,
    platform: recording.platform,
    arch: recording.arch,
    env: recording.env ?? {},
    hostname: () => recording.hostname,
    release: () => recording.release,
    version: () => recording.version,
    cpuModels: () => Array.from({ length: 8 }, () => recording.cpuModel),
    async readFile(path) {
      const text = files[path];
      if (typeof text === 'string') return encode(text);
      throw refuse(text === null ? 'EACCES' : 'ENOENT');
    },
    async readDirectory(path) {
      const below = paths.filter((each) => each.startsWith(`${path}/`));
      if (below.length === 0) throw refuse('ENOENT');
      return [...new Set(below.map((each) => each.slice(path.length + 1).split('/')[0] ?? ''))].reverse();
    },
    async readLink(path) {
      const target = links[path];
      if (target === undefined) throw refuse(path in files ? 'EINVAL' : 'ENOENT');
      return target;
    },
    async run(command, args) {
      const line = [command.replace(/^.*[\\/]/, ''), ...args].join(' ');
      commandsRun.push(line);
      const output = commands[line];
      if (output === undefined) throw refuse('recorded');
      return encode(output);
    },
    monotonicMs: () => 0,
    startTimer: () => () => undefined,
  };
}
