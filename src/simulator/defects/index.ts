/** The catalogue of defects and quirks. */

import { ANCHOR_DEFECTS } from './anchors.ts';
import { ATTEST_KEY_DEFECTS } from './attest-keys.ts';
import { CERTIFICATE_DEFECTS } from './certificates.ts';
import type { Defect } from './defect.ts';
import { ENCODING_DEFECTS } from './encoding.ts';
import { EXTENSION_DEFECTS } from './extended-chains.ts';
import { ISSUER_DEFECTS } from './issuers.ts';
import { KEY_DEFECTS } from './keys.ts';
import { BOOT_DEFECTS } from './levels-and-boot.ts';
import { PATCH_DEFECTS } from './patch-levels.ts';
import { GENUINE_QUIRKS } from './quirks.ts';
import { RECORD_DEFECTS } from './record.ts';
import { RECORD_QUIRKS } from './record-quirks.ts';
import { RISK_DEFECTS } from './risk-signals.ts';
import { VALIDITY_DEFECTS } from './validity.ts';

export type { Defect, Expectation } from './defect.ts';

export const DEFECTS: readonly Defect[] = [
  ...EXTENSION_DEFECTS,
  ...ATTEST_KEY_DEFECTS,
  ...ANCHOR_DEFECTS,
  ...ISSUER_DEFECTS,
  ...ENCODING_DEFECTS,
  ...CERTIFICATE_DEFECTS,
  ...RECORD_DEFECTS,
  ...RECORD_QUIRKS,
  ...BOOT_DEFECTS,
  ...KEY_DEFECTS,
  ...PATCH_DEFECTS,
  ...RISK_DEFECTS,
  ...VALIDITY_DEFECTS,
  ...GENUINE_QUIRKS,
];
