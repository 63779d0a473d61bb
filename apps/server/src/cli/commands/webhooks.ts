import { setTimeout as sleep } from 'node:timers/promises';
import { eventTypes, exampleEvent, wantsEvent } from '@thrivetech/contracts';
import { Argument, type Command } from 'commander';
import {
  createAddressGuard,
  createWebhookSender,
  newWebhookSecret,
  signedHeaders,
  type WebhookSender,
} from '../../modules/webhooks/index.ts';
import { createNewId } from '../../platform/ids.ts';
import { type Cli, CliError, ExitCode } from '../support/cli.ts';
import { chooseAccount, withCore } from '../support/open.ts';
import { several } from '../support/options.ts';

const pollEveryMs = 250;
const readAtOnce = 100;

export function webhookCommands(program: Command, cli: Cli): void {
  const webhooks = program.command('webhooks').description('tools for writing a receiver of webhooks');
  const signed = (command: Command) =>
    command
      .option('--secret <whsec>', 'signs with this secret; made up and shown when left out', secretOf)
      .option('--json', 'one JSON document for each event');

  signed(webhooks.command('listen'))
    .description("prints the running server's new events, and forwards them to a program of yours")
    .option('--forward <url>', 'where to send them, such as http://127.0.0.1:3000/', urlOf)
    .option('--event <type>', 'only these: a type, or such as license.*; may be repeated', patternsOf)
    .option('--account <id>', 'the only one when left out')
    .action((options) =>
      withCore(cli, async (core) => {
        const account_id = await chooseAccount(core, options.account);
        const { events } = core.uow.read;
        const wanted: string[] = options.event ?? ['*'];
        const interrupted = cli.untilInterrupted();
        await withForwarding(cli, { ...options, interrupted }, async (forward) => {
          let sequence = await events.latestSequence(account_id);
          cli.note('Listening; Ctrl-C ends it.');
          while (!interrupted.aborted) {
            const found = await events.after(account_id, sequence, readAtOnce);
            for (const event of found) {
              if (interrupted.aborted) break;
              sequence = event.sequence;
              if (wantsEvent(wanted, event.type)) await forward(event);
            }
            if (found.length < readAtOnce)
              await sleep(pollEveryMs, undefined, { signal: interrupted }).catch(() => {});
          }
        });
      }),
    );

  signed(webhooks.command('trigger'))
    .description('sends an example of an event to a program of yours; nothing happens on the server')
    .addArgument(new Argument('<type>', 'the type of event').choices(eventTypes))
    .requiredOption('--forward <url>', 'where to send it, such as http://127.0.0.1:3000/', urlOf)
    .action((type: (typeof eventTypes)[number], options) =>
      withForwarding(cli, options, async (forward) => {
        const now = cli.clock.now();
        // An id of its own: a receiver that knows duplicates would take the second try for one.
        const id = createNewId()('event', now);
        const example = { ...exampleEvent(type), id, created_at: new Date(now).toISOString() };
        const isDelivered = await forward({ ...example, body: JSON.stringify(example) });
        if (!isDelivered) cli.endWith(ExitCode.problem);
      }),
    );
}

interface ForwardedEvent {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
  readonly body: string;
}

/** Shows events and sends them on, signed, once each. @returns whether it was delivered; true where nobody is sent it. */
type Forward = (event: ForwardedEvent) => Promise<boolean>;

async function withForwarding(
  cli: Cli,
  options: { forward?: string; secret?: string; json?: boolean; interrupted?: AbortSignal },
  work: (forward: Forward) => Promise<void>,
): Promise<void> {
  const { forward: url, json, interrupted } = options;
  const secret = options.secret ?? newWebhookSecret();
  // A receiver that is being written runs on the machine of whoever writes it.
  const guard = createAddressGuard({ allowedNetworks: ['127.0.0.0/8', '::1/128'], allowHttp: true });
  const sender = createWebhookSender({ guard, clock: cli.clock });
  if (url && !options.secret) cli.note(`The secret to verify with:\n  ${secret}`);
  // Ctrl-C does not wait for a receiver that sleeps.
  interrupted?.addEventListener('abort', () => sender.close());
  try {
    await work(async (event) => {
      const outcome = url ? await send(sender, { url, secret, event, now: cli.clock.now() }) : null;
      if (interrupted?.aborted && outcome?.outcome === 'failed') return false;
      const result = outcome && (outcome.status ?? outcome.error);
      cli.answer(
        json,
        { ...(JSON.parse(event.body) as object), ...(outcome && { forwarded: outcome }) },
        [
          event.sequence,
          event.id,
          event.type,
          ...(outcome ? [`→ ${result}`, `${outcome.duration_ms} ms`] : []),
        ]
          .join('  ')
          .trimEnd(),
      );
      return outcome === null || outcome.outcome === 'delivered';
    });
  } finally {
    await sender.close();
  }
}

async function send(
  sender: WebhookSender,
  { url, secret, event, now }: { url: string; secret: string; event: ForwardedEvent; now: number },
) {
  const { id, type, body } = event;
  const headers = signedHeaders([secret], { id, type, body, attempt: 1, sent_at: now });
  const { outcome, status, error, duration_ms } = await sender.send(url, headers, body);
  return { outcome, status, error, duration_ms };
}

function urlOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new CliError(ExitCode.usage, '--forward must be an http or https URL.');
  return text;
}

function secretOf(text: string): string {
  if (!/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(text))
    throw new CliError(ExitCode.usage, '--secret must begin with whsec_, as an endpoint shows it.');
  return text;
}

function patternsOf(text: string, before?: string[]): string[] {
  if (!eventTypes.some((type) => wantsEvent([text], type)))
    throw new CliError(ExitCode.usage, `--event must be a type of event, or such as license.*, not ${text}.`);
  return several(text, before);
}
