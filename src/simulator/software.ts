/** Chains of AOSP's published software keys, as emulators send them: recognised by key and refused. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOTS } from '../sources/package-root.ts';
import type { CertificateParts } from './certificate.ts';
import type { Bytes } from './der.ts';
import { elementsOf, split } from './der.ts';
import { type KeyPair, makeKeyPair } from './key-pair.ts';
import type { PlannedCertificate } from './plan.ts';
import type { SeededRandom } from './random.ts';

/**
 * The intermediate and root as AOSP publishes them. The key that signs below them is the simulator's
 * own: AOSP's private keys are not carried here, and a software chain is refused before its signatures.
 */
export function softwareIssuers(
  template: CertificateParts,
  random: SeededRandom,
): readonly PlannedCertificate[] {
  const key = makeKeyPair('P_256', random);
  return ['ec-intermediate.pem', 'ec-root.pem'].map((file) => published(file, template, key));
}

function published(file: string, template: CertificateParts, key: KeyPair): PlannedCertificate {
  const pem = readFileSync(path.join(ROOTS, 'software', file));
  const signed = new Uint8Array(new X509Certificate(pem).raw);
  return {
    parts: { ...template, subject: subjectOf(signed) },
    key,
    signer: key,
    hash: 'sha256',
    signed,
  };
}

/** The sixth element of a version 3 TBSCertificate. */
function subjectOf(certificate: Bytes): Bytes {
  const [tbs] = elementsOf(split(certificate).content) as [Bytes];
  return elementsOf(split(tbs).content)[5] as Bytes;
}
