import { healingStories } from './story-healing.ts';
import { lifeStories } from './story-life.ts';
import { refusalStories } from './story-refusal.ts';
import { trustStories } from './story-trust.ts';
import type { VectorFile } from './vector-file.ts';

export const licenseStoryVectors: VectorFile = {
  algorithm: 'thrive-license-story',
  schema: 'license_story_v1',
  header: [
    'What an app sees after each step of a story: calls with scripted answers, restarts, and the passing of time.',
    'All keys are made for these vectors from public texts: TEST ONLY.',
  ],
  notes: {
    Unproven:
      'Only a signed answer with our nonce is obeyed. Anything else is told as a warning, and ends no valid lease.',
    Replay: 'An answer that was good once is none to another request.',
    OtherLicense:
      'Whoever sits in between can ask about another license of this machine, with our nonce. The answer must be about ours.',
    Impostor: 'A host that has an address and a certificate, and not the key.',
    SignedRefusal: 'A signed no is obeyed at once, and stays until a lease says otherwise.',
    Healing: 'One online answer heals what went wrong on this machine.',
  },
  groups: [...lifeStories, ...trustStories, ...refusalStories, ...healingStories],
};
