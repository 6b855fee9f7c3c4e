/** Issuers, their order and their names (THREATS T04, T08, T09, T11). */
import { makeAttribute, makeExtension, makeName } from '../certificate.ts';
import { type Bytes, sequence, setOf } from '../der.ts';
import { type ChainPlan, type ChangeContext, certificateAt, changeParts } from '../plan.ts';
import { editChain } from './changes.ts';
import type { Defect } from './defect.ts';
import { addExtension, removeExtension } from './extensions.ts';

const FACTORY = { provisioning: 'factory' } as const;
const PROVISIONING_INFO = '1.3.6.1.4.1.11129.2.1.30';
const CBOR_ONE_TO_EIGHT = Uint8Array.of(0xa1, 0x01, 0x08);

export const ISSUER_DEFECTS: readonly Defect[] = [
  {
    name: 'attestation-not-ca',
    rule: 'T04',
    summary: 'a remotely provisioned attestation certificate without the CA flag',
    expects: { code: 'ISSUER_NOT_CA', cert: 1 },
    apply: (plan) => removeExtension(plan, 1, '2.5.29.19'),
  },
  {
    name: 'attestation-no-cert-sign',
    rule: 'T04',
    summary: 'a remotely provisioned attestation certificate without keyUsage',
    expects: { code: 'ISSUER_NOT_CA', cert: 1 },
    apply: (plan) => removeExtension(plan, 1, '2.5.29.15'),
  },
  {
    name: 'intermediate-not-ca',
    rule: 'T04',
    summary: 'the intermediate of a factory chain without the CA flag',
    device: FACTORY,
    expects: { code: 'ISSUER_NOT_CA', cert: 2 },
    apply: (plan) => removeExtension(plan, 2, '2.5.29.19'),
  },
  {
    name: 'quirk-factory-attestation-not-ca',
    rule: 'T04',
    summary:
      'the attestation certificate of a factory chain without the CA flag, as on many phones',
    device: FACTORY,
    expects: { code: 'ATTESTATION_CERT_NOT_CA', cert: 1, severity: 'info' },
    apply: (plan) => removeExtension(plan, 1, '2.5.29.19'),
  },
  {
    name: 'reversed',
    rule: 'T08',
    summary: 'the chain root first',
    expects: { code: 'CHAIN_ORDER', cert: 0 },
    apply: (plan) => editChain(plan, (chain) => chain.toReversed()),
  },
  {
    name: 'swapped-issuers',
    rule: 'T08',
    summary: 'two issuers in each other’s place',
    expects: { code: 'CHAIN_ORDER', cert: 1 },
    apply: (plan) =>
      editChain(plan, ([leaf, attestation, lower, upper, root]) =>
        [leaf, attestation, upper, lower, root].filter((each) => each !== undefined),
      ),
  },
  {
    name: 'duplicate-certificate',
    rule: 'T08',
    summary: 'the attestation certificate twice',
    expects: { code: 'DUPLICATE_CERTIFICATE', cert: 2 },
    apply: (plan) => editChain(plan, (chain) => chain.toSpliced(2, 0, chain[1] as Bytes)),
  },
  {
    name: 'foreign-issuer-name',
    rule: 'T09',
    summary: 'a leaf that names another issuer than the one that signed it',
    expects: { code: 'NAME_CHAINING', cert: 0, field: 'issuer' },
    apply: (plan) => changeParts(plan, 0, { issuer: makeName({ CN: 'Somebody else' }) }),
  },
  {
    name: 'foreign-issuer-name-above',
    rule: 'T09',
    summary: 'an attestation certificate that names another issuer',
    expects: { code: 'NAME_CHAINING', cert: 1, field: 'issuer' },
    apply: (plan) => changeParts(plan, 1, { issuer: makeName({ CN: 'Somebody else' }) }),
  },
  {
    name: 'quirk-short-leaf-issuer',
    rule: 'T09',
    summary: 'a factory leaf whose issuer name is only the serialNumber, as two models write it',
    device: FACTORY,
    expects: { code: 'LEAF_ISSUER_NAME', cert: 0, field: 'issuer', severity: 'info' },
    apply: shortenLeafIssuer,
  },
  {
    name: 'short-leaf-issuer-remote',
    rule: 'T09',
    summary: 'the same on a remotely provisioned chain, where no device does it',
    expects: { code: 'NAME_CHAINING', cert: 0, field: 'issuer' },
    apply: (plan, context) => {
      const subject = makeName({ serialNumber: 'ab12', O: 'TEE' });
      changeParts(plan, 1, { subject });
      changeParts(plan, 0, { issuer: subject });
      shortenLeafIssuer(plan, context);
    },
  },
  {
    name: 'joint-leaf-issuer',
    rule: 'T09',
    summary: 'a factory leaf whose issuer name has both attributes in one RDN',
    device: FACTORY,
    expects: { code: 'NAME_CHAINING', cert: 0, field: 'issuer' },
    apply: (plan) => {
      const attributes = [makeAttribute('title', 'TEE'), makeAttribute('serialNumber', 'ab12')];
      const issuer = sequence(setOf(...attributes));
      const subject = makeName({ title: 'TEE', serialNumber: 'ab12' });
      changeParts(plan, 1, { subject });
      changeParts(plan, 0, { issuer });
    },
  },
  {
    name: 'unknown-provisioning',
    rule: 'T11',
    summary: 'an unknown name under the anchor',
    expects: { code: 'PROVISIONING_METHOD_UNKNOWN', cert: 3, field: 'subject' },
    apply: (plan) => rename(plan, 3, makeName({ CN: 'Droid CA9', O: 'Google LLC' })),
  },
  {
    name: 'multi-valued-name',
    rule: 'B24',
    summary: 'the name under the anchor written as one multi-valued RDN',
    expects: { code: 'PROVISIONING_METHOD_UNKNOWN', cert: 3, field: 'subject' },
    apply: (plan) => {
      const attributes = [makeAttribute('CN', 'Droid CA2'), makeAttribute('O', 'Google LLC')];
      rename(plan, 3, sequence(setOf(...attributes)));
    },
  },
  {
    name: 'repeated-name-attribute',
    rule: 'B24',
    summary: 'the name under the anchor with two common names, one of them right',
    expects: { code: 'PROVISIONING_METHOD_UNKNOWN', cert: 3, field: 'subject' },
    apply: (plan) => {
      const names = ['Droid CA2', 'Droid CA9'].map((cn) => setOf(makeAttribute('CN', cn)));
      rename(plan, 3, sequence(...names, setOf(makeAttribute('O', 'Google LLC'))));
    },
  },
  {
    name: 'provisioning-info-on-factory-chain',
    rule: 'T11',
    summary: 'a factory attestation certificate with ProvisioningInfo',
    device: FACTORY,
    expects: { code: 'PROVISIONING_INCONSISTENT', cert: 1 },
    apply: (plan) => addExtension(plan, 1, makeExtension(PROVISIONING_INFO, CBOR_ONE_TO_EIGHT)),
  },
  {
    name: 'provisioning-info-on-leaf',
    rule: 'T11',
    summary: 'a leaf with ProvisioningInfo',
    expects: { code: 'PROVISIONING_INCONSISTENT', cert: 0 },
    apply: (plan) => addExtension(plan, 0, makeExtension(PROVISIONING_INFO, CBOR_ONE_TO_EIGHT)),
  },
];

function rename(plan: ChainPlan, index: number, subject: Bytes): void {
  changeParts(plan, index, { subject });
  changeParts(plan, index - 1, { issuer: subject });
}

/** The leaf's issuer name without everything but the serialNumber. */
function shortenLeafIssuer(plan: ChainPlan, _context: ChangeContext): void {
  const text = Buffer.from(certificateAt(plan, 0).parts.issuer);
  const serialNumberType = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x05]);
  const at = text.indexOf(serialNumberType) + serialNumberType.length;
  const length = text[at + 1] as number;
  const value = text.subarray(at + 2, at + 2 + length).toString();
  changeParts(plan, 0, { issuer: makeName({ serialNumber: value }) });
}
