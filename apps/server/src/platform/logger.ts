import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/**
 * Structured log lines on standard error. Secrets never get into one: what could hold any is removed here, and
 * request bodies are not logged at all.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      redact: {
        paths: [
          '*.authorization',
          '*.license_key',
          '*.key',
          '*.secret',
          '*.token',
          'req.headers',
          'res.headers',
        ],
        remove: true,
      },
      serializers: { err: pino.stdSerializers.err },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
