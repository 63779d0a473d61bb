import { parseArgs } from 'node:util';
import { compose, type Platform, StartError } from './compose.ts';
import { ConfigError, readConfig } from './config/config.ts';
import { ensureFirstAccount, type StartSummary } from './first-account.ts';
import { createLogger } from './platform/logger.ts';
import { describeStart } from './start-summary.ts';

/** Requests that are running get this long to finish before the process ends anyway. */
const drainMs = 10_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const config = readConfig(process.env);
  const log = createLogger(config.logLevel);
  const platform = await compose({ config, log });

  let summary: StartSummary;
  let base_url: string;
  try {
    base_url = await platform.app.listen({ host: config.host, port: config.port });
    // Only now: the keys are shown once, so they must not be made by a start that still can fail.
    summary = await ensureFirstAccount(platform);
  } catch (error) {
    await platform.close();
    throw explainListenFailure(error, config);
  }
  platform.jobs.start();
  drainOn(['SIGTERM', 'SIGINT', 'SIGHUP'], platform, log);

  const start = { base_url, docs_url: `${base_url}/docs`, ...summary };
  process.stdout.write(values.json ? `${JSON.stringify(start)}\n` : describeStart(start));
}

function drainOn(signals: NodeJS.Signals[], platform: Platform, log: ReturnType<typeof createLogger>): void {
  let closing = false;
  for (const signal of signals) {
    process.on(signal, () => {
      if (closing) return;
      closing = true;
      log.info({ signal }, 'draining');
      setTimeout(() => process.exit(1), drainMs).unref();
      platform.close().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'could not close cleanly');
          process.exit(1);
        },
      );
    });
  }
}

function explainListenFailure(error: unknown, { host, port }: { host: string; port: number }): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} of ${host} is taken; set PORT to another one, or to 0 for any free port.`,
      );
    case 'EACCES':
      return new StartError(`Port ${port} may not be opened by this user; set PORT to one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError(`This machine has no address ${host}; set HOST to one it has.`);
    default:
      return error;
  }
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof StartError;
  process.stderr.write(
    isExpected ? `${error.message}\n` : `The server could not start: ${String((error as Error).stack)}\n`,
  );
  process.exit(1);
});
