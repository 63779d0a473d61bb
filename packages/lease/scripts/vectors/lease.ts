import { leaseFormGroups } from './lease-form.ts';
import { leaseMachineGroups } from './lease-machine.ts';
import { leaseOrderGroup } from './lease-order.ts';
import { leasePayloadGroups } from './lease-payload.ts';
import { leaseTimeGroups } from './lease-time.ts';
import type { VectorFile } from './vector-file.ts';

export const leaseVectors: VectorFile = {
  algorithm: 'thrive-lease',
  schema: 'lease_verify_v1',
  header: [
    'Whether a lease allows use on a machine at a moment, or the step that refuses it.',
    'All keys are made for these vectors from public texts: TEST ONLY.',
  ],
  notes: {
    Order:
      'Of several faults the first in the order of the steps gives the name. Apps and their support rely on it.',
    Size: 'At most 16,384 characters are looked at; the count comes before anything is decoded.',
    LaxBase64: 'A lax decoder reads this. Then one lease has many spellings, and lists of tokens are evaded.',
    HeaderTrick:
      'The header must be byte for byte the one that the issuer writes. A JSON reader alone lets this pass.',
    Algorithm:
      'The only algorithm is Ed25519, by this name. A verifier that obeys the header can be told not to verify.',
    SignatureLength:
      'A signature has 64 bytes. Some libraries ignore what follows, which gives a token two spellings.',
    Forgery: 'The signature does not hold. Nothing of the claims may be told.',
    StrictJson: 'Rightly signed and no JSON (RFC 8259). Some readers take it all the same.',
    RepeatedClaim:
      'Of a repeated member the last one counts, as RFC 7519 section 4 allows. Some readers mix objects.',
    CaseOfNames: 'Names are compared byte for byte. Some readers match them whatever their case.',
    OddFeature: 'A name with a meaning of its own in some language is a feature like others.',
    WholeNumber: 'Times and counts are whole numbers from 0 to 2^53 - 1, and never texts or truth values.',
    Salt: 'A salt is 16 bytes in strict base64url.',
    Version:
      'A later version may have other claims: "update the app" is the better message, so it comes first.',
    Boundary: 'A second before, at, and a second after a limit.',
    Replay: 'An answer that was not made for this request proves nothing.',
    Healing: 'A lease with our nonce was made just now: its time replaces the mark that was kept.',
    Sealing: 'Parts stand in a lease as HMAC-SHA-256 of "name:digest" under its salt.',
    SignedRefusal: 'A lease can also say no. Its status counts after every other step held.',
    StolenKey: 'A key that was withdrawn verifies nothing, whatever time the lease claims.',
  },
  groups: [
    ...leaseFormGroups,
    ...leasePayloadGroups,
    leaseOrderGroup,
    ...leaseTimeGroups,
    ...leaseMachineGroups,
  ],
};
