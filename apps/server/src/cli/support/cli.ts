import type { AppError } from '../../platform/app-error.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { createProgress, type Progress } from './progress.ts';

/** What a script learns from the end of a command. */
export const ExitCode = {
  done: 0,
  /** A problem was found, or the state does not allow it. */
  problem: 1,
  /** Wrong usage, or something named does not exist. */
  usage: 2,
  /** Settings, files, the database, or a server in the way. */
  environment: 3,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends a command with a sentence for its operator. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What a command may touch of the world. */
export interface Cli {
  readonly env: Record<string, string | undefined>;
  readonly clock: Clock;
  /** Writes what the command is about: one JSON document for a script, text for a person. */
  answer(asJson: boolean | undefined, value: unknown, text: string): void;
  /** Tells a person something beside the answer, on standard error. */
  note(text: string): void;
  /** Ends with this code although nothing was thrown. */
  endWith(exitCode: ExitCode): void;
  /** Tells a person who waits how far a command is, beside its answer. @param total so many of `unit` in all. */
  progress(total: number, unit: string): Progress;
  /** Aborts at the first Ctrl-C, so that a command can end well; a second one ends it as it is. */
  untilInterrupted(): AbortSignal;
}

export const processCli: Cli = {
  env: process.env,
  clock: systemClock,
  answer: (asJson, value, text) => {
    process.stdout.write(asJson ? `${JSON.stringify(value)}\n` : `${text}\n`);
  },
  note: (text) => {
    process.stderr.write(`${text}\n`);
  },
  endWith: (exitCode) => {
    process.exitCode = exitCode;
  },
  progress: (total, unit) => createProgress(process.stderr, total, unit),
  untilInterrupted: () => {
    const interruption = new AbortController();
    process.once('SIGINT', () => interruption.abort());
    return interruption.signal;
  },
};

/** The refusal of a use case in the words of a command line. */
export function fromAppError(error: AppError): CliError {
  const { code, message, details } = error;
  switch (code) {
    case 'VALIDATION_ERROR': {
      const faults = Array.isArray(details) ? details.map((fault) => `${fault.path}: ${fault.message}`) : [];
      return new CliError(ExitCode.usage, faults.join('; ') || message);
    }
    case 'RESOURCE_NOT_FOUND':
      return new CliError(ExitCode.usage, message);
    default:
      return new CliError(ExitCode.problem, message);
  }
}
