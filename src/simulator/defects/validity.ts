/** Defects of dates and serial numbers (THREATS T12 to T20). */

import { makeSerial, makeValidity } from '../certificate.ts';
import { changeParts } from '../plan.ts';
import { REVOKED_SERIAL, SUSPENDED_SERIAL } from '../simulated-lists.ts';
import { fromHex } from './changes.ts';
import type { Defect } from './defect.ts';

const FACTORY = { provisioning: 'factory' } as const;
const DAY_MS = 86_400_000;

export const VALIDITY_DEFECTS: readonly Defect[] = [
  {
    name: 'expired',
    rule: 'T13',
    summary: 'a remotely provisioned attestation certificate that expired yesterday',
    expects: { code: 'EXPIRED', cert: 1, field: 'notAfter' },
    apply: dates(1, -10, -1),
  },
  {
    name: 'expired-issuer',
    rule: 'T13',
    summary: 'an issuer of a remotely provisioned chain that expired yesterday',
    expects: { code: 'EXPIRED', cert: 2, field: 'notAfter' },
    apply: dates(2, -70, -1),
  },
  {
    name: 'expired-top',
    rule: 'T13',
    summary:
      'the certificate under the anchor of a remotely provisioned chain that expired yesterday',
    expects: { code: 'EXPIRED', cert: 3, field: 'notAfter' },
    apply: dates(3, -900, -1),
  },
  {
    name: 'not-yet-valid',
    rule: 'T13',
    summary: 'a remotely provisioned attestation certificate that is good from tomorrow',
    expects: { code: 'NOT_YET_VALID', cert: 1, field: 'notBefore' },
    apply: dates(1, 1, 12),
  },
  {
    name: 'not-yet-valid-factory',
    rule: 'T12',
    summary: 'a factory attestation certificate that is good from tomorrow',
    device: FACTORY,
    expects: { code: 'NOT_YET_VALID', cert: 1, field: 'notBefore' },
    apply: dates(1, 1, 3650),
  },
  {
    name: 'revoked',
    rule: 'T18',
    summary: 'an attestation certificate whose key leaked: it is on the list of simulated devices',
    expects: { code: 'CERTIFICATE_REVOKED', cert: 1, field: 'serialNumber' },
    apply: serial(1, REVOKED_SERIAL),
  },
  {
    name: 'revoked-issuer',
    rule: 'T20',
    summary: 'a revoked issuer high in the chain',
    expects: { code: 'CERTIFICATE_REVOKED', cert: 3, field: 'serialNumber' },
    apply: serial(3, REVOKED_SERIAL),
  },
  {
    name: 'revoked-factory',
    rule: 'T26',
    summary: 'a leaked factory key: perfect but for the list',
    device: FACTORY,
    expects: { code: 'CERTIFICATE_REVOKED', cert: 1, field: 'serialNumber' },
    apply: serial(1, REVOKED_SERIAL),
  },
  {
    name: 'suspended',
    rule: 'T19',
    summary: 'an attestation certificate that is suspended on the list of simulated devices',
    expects: { code: 'CERTIFICATE_SUSPENDED', cert: 1, field: 'serialNumber' },
    apply: serial(1, SUSPENDED_SERIAL),
  },
];

function serial(index: number, hex: string): Defect['apply'] {
  return (plan) => changeParts(plan, index, { serial: makeSerial(fromHex(hex)) });
}

function dates(index: number, fromDays: number, untilDays: number): Defect['apply'] {
  return (plan, { at }) =>
    changeParts(plan, index, {
      validity: makeValidity(at + fromDays * DAY_MS, at + untilDays * DAY_MS),
    });
}
