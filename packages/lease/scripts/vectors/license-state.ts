import { stateNoGroups } from './state-no.ts';
import { stateTimeGroups } from './state-time.ts';
import { stateTrustGroups } from './state-trust.ts';
import type { VectorFile } from './vector-file.ts';

export const licenseStateVectors: VectorFile = {
  algorithm: 'thrive-license-state',
  schema: 'license_state_v1',
  header: [
    'What an app sees of its license at a moment, judged without a network from what the machine remembers.',
    'All keys are made for these vectors from public texts: TEST ONLY.',
  ],
  notes: {
    Boundary: 'A second before, at, and a second after a limit.',
    SignedRefusal:
      'A lease can say no. Such a lease is short, and what it says stays so until another lease says otherwise.',
    Unproven: 'Anybody in the network could have said it, so it is told as a warning and ends nothing.',
    DeviceLimit:
      'Activation was refused for want of a seat: the user may free one. A lease that holds outranks it.',
    Untrusted:
      'No key that this app trusts vouches for what is stored, or it is an older file that was brought back.',
  },
  groups: [...stateTrustGroups, ...stateTimeGroups, ...stateNoGroups],
};
