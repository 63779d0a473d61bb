import { SingleBar } from 'cli-progress';

/** Says how far a long command is. */
export interface Progress {
  /** So much is done now, in all. */
  reach(done: number): void;
  end(): void;
}

export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** A bar where a person looks; where a file or another program does, a line for each tenth. */
export const createProgress = (stream: ProgressStream, total: number, unit: string): Progress =>
  stream.isTTY ? progressBar(stream, total, unit) : progressLines(stream, total, unit);

function progressBar(stream: ProgressStream, total: number, unit: string): Progress {
  const bar = new SingleBar({
    stream,
    format: `{bar} {percentage} %  {value} of {total} ${unit}  {eta_formatted} left`,
    formatValue: (value, _options, type) => (type === 'percentage' ? `${value}` : value.toLocaleString('en')),
    // Ctrl-C is the command's own affair.
    gracefulExit: false,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return { reach: (done) => bar.update(done), end: () => bar.stop() };
}

function progressLines(stream: ProgressStream, total: number, unit: string): Progress {
  let tenths = 0;
  return {
    reach(done) {
      const reached = Math.floor((done * 10) / total);
      if (reached <= tenths) return;
      tenths = reached;
      stream.write(`${done} of ${total} ${unit} (${tenths * 10} %)\n`);
    },
    end: () => {},
  };
}
