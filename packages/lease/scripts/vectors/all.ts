import { createHash } from 'node:crypto';
import { answerProofVectors } from './answer-proof.ts';
import { deviceDigestVectors } from './device-digest.ts';
import { deviceMatchVectors } from './device-match.ts';
import { keysetVectors } from './keyset.ts';
import { leaseVectors } from './lease.ts';
import { licenseFileVectors } from './license-file.ts';
import { licenseKeyVectors } from './license-key.ts';
import { licenseStateVectors } from './license-state.ts';
import { licenseStoryVectors } from './license-story.ts';
import { refreshVectors } from './refresh.ts';
import { retryVectors } from './retry.ts';
import { revocationsVectors } from './revocations.ts';
import { sealedDeviceVectors } from './sealed-device.ts';
import { renderVectorFile, type VectorFile } from './vector-file.ts';
import { webhookVectors } from './webhook.ts';

/** Who runs a file: `lease` means everybody who verifies, `client` an activation client. */
type Concern = 'lease' | 'client';

const generated: readonly [name: string, concerns: Concern, vectors: VectorFile][] = [
  ['license-key.json', 'lease', licenseKeyVectors],
  ['device-match.json', 'lease', deviceMatchVectors],
  ['sealed-device.json', 'lease', sealedDeviceVectors],
  ['keyset-verify.json', 'lease', keysetVectors],
  ['revocations-verify.json', 'lease', revocationsVectors],
  ['lease-verify.json', 'lease', leaseVectors],
  ['device-digest.json', 'client', deviceDigestVectors],
  ['answer-proof.json', 'client', answerProofVectors],
  ['license-state.json', 'client', licenseStateVectors],
  ['license-file.json', 'client', licenseFileVectors],
  ['license-story.json', 'client', licenseStoryVectors],
  ['call-retry.json', 'client', retryVectors],
  ['refresh-schedule.json', 'client', refreshVectors],
  ['webhook-signature.json', 'client', webhookVectors],
];

/** Made by others, and kept byte for byte. */
export const FOREIGN_FILE = 'wycheproof-ed25519.json';

/**
 * Every file of the folder `vectors` but the foreign one, by name, with the manifest of them all. Gives the same
 * bytes every time.
 */
export function generateVectors(foreignText: string): Map<string, string> {
  const files = new Map(generated.map(([name, , vectors]) => [name, renderVectorFile(vectors)]));
  const listed = [
    describe(FOREIGN_FILE, 'lease', foreignText),
    ...generated.map(([name, concerns]) => describe(name, concerns, files.get(name) ?? '')),
  ];
  const manifest = {
    format: 'thrive-vectors',
    version: 1,
    numberOfFiles: listed.length,
    numberOfTests: listed.reduce((sum, file) => sum + file.numberOfTests, 0),
    files: listed,
  };
  return files.set('manifest.json', `${JSON.stringify(manifest, null, 1)}\n`);
}

function describe(file: string, concerns: Concern, text: string) {
  const { schema, numberOfTests } = JSON.parse(text) as { schema: string; numberOfTests: number };
  return { file, concerns, schema, numberOfTests, sha256: createHash('sha256').update(text).digest('hex') };
}
