import { decodeBase64Url, type PublicJwk } from '@thrivetech/lease';
import { createMemoryStore, type LicenseState, ThriveError, ThriveLicense } from '../../src/index.ts';
import { StillTime } from './still-time.ts';

type DeviceVector = {
  readonly fingerprint: string;
  readonly components: Readonly<Record<string, string>>;
};

/** What an app was built with, and the machine it is on. */
export interface App {
  readonly rootKeys: readonly PublicJwk[];
  readonly audience: string;
  readonly device: DeviceVector;
}

/** What the stories of a group share. */
export interface Scene extends App {
  readonly licenseKey: string;
  /** In the order in which the app asks for them. */
  readonly nonces: readonly string[];
  readonly keyset: string;
  readonly otherDevice: DeviceVector;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Step {
  readonly at: number;
  readonly do: 'check' | 'activate' | 'validate' | 'deactivate' | 'startTrial' | 'restart' | 'damage';
  /** By the name of the call: `activate`, `validate`, `deactivate`, `trial`. */
  readonly answers: Readonly<Record<string, Answer>>;
  readonly keyset?: string;
  readonly machine?: 'other';
}

export interface Story {
  readonly steps: readonly Step[];
}

const nonceBytes = 16;

/** Plays a story with the client as an app has it, and gives what the app sees after each step. */
export async function runStory({ steps }: Story, scene: Scene): Promise<unknown[]> {
  const time = new StillTime(0);
  const nonces = [...scene.nonces];
  let answers: Step['answers'] = {};
  let { keyset, device } = scene;
  let storage = createMemoryStore();
  let license = startApp();

  const seen: unknown[] = [];
  for (const step of steps) {
    time.set(step.at * 1000);
    answers = step.answers;
    if (step.keyset !== undefined) keyset = step.keyset;
    if (step.machine === 'other') device = scene.otherDevice;
    if (step.do === 'damage') storage = createMemoryStore('{"version":1,"body":"{');
    if (step.do === 'damage' || step.do === 'restart') license = startApp();
    seen.push(await time.passUntil(live(step)));
  }
  return seen;

  function startApp(): ThriveLicense {
    return new ThriveLicense({
      baseUrl: 'https://licenses.example',
      channelKey: 'test',
      productId: scene.audience,
      rootKeys: scene.rootKeys,
      storage,
      clock: time,
      fetch: async (address) => answerTo(String(address)),
      random: (count) => (count === nonceBytes ? nextNonce() : new Uint8Array(count)),
      device: { read: async () => device },
    });
  }

  async function live(step: Step): Promise<unknown> {
    let error: string | null = null;
    try {
      if (step.do === 'activate') await license.activate(scene.licenseKey);
      else if (step.do === 'validate') await license.validate();
      else if (step.do === 'deactivate') await license.deactivate();
      else if (step.do === 'startTrial') await license.startTrial();
      else await license.load();
    } catch (thrown) {
      if (!(thrown instanceof ThriveError)) throw thrown;
      error = thrown.code;
    }
    return { error, ...essence(license.check()) };
  }

  function answerTo(address: string): Response {
    if (address.endsWith('/.well-known/thrive-keys.json')) return Response.json({ keyset, root_keys: [] });
    const answer = answers[address.slice(address.lastIndexOf('/') + 1)];
    if (answer === undefined) throw new TypeError('fetch failed');
    const { status, body } = answer;
    return typeof body === 'string' ? new Response(body, { status }) : Response.json(body, { status });
  }

  function nextNonce(): Uint8Array {
    const bytes = decodeBase64Url(nonces.shift() ?? '');
    if (bytes?.length !== nonceBytes) throw new Error('the story has no more nonces');
    return bytes;
  }
}

function essence(state: LicenseState) {
  const { status, isLicensed, warning } = state;
  return {
    status,
    isLicensed,
    reason: 'reason' in state ? state.reason : null,
    warning: warning?.code ?? null,
  };
}
