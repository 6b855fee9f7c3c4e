/** The catalogue of defects and quirks. */
import { CHAIN_DEFECTS } from './chain.ts';
import type { Defect } from './defect.ts';
import { DESCRIPTION_DEFECTS } from './description.ts';
import { ENCODING_DEFECTS } from './encoding.ts';
import { POSTURE_DEFECTS } from './posture.ts';
import { GENUINE_QUIRKS } from './quirks.ts';
import { VALIDITY_DEFECTS } from './validity.ts';

export type { Defect, Expectation } from './defect.ts';

export const DEFECTS: readonly Defect[] = [
  ...CHAIN_DEFECTS,
  ...ENCODING_DEFECTS,
  ...VALIDITY_DEFECTS,
  ...DESCRIPTION_DEFECTS,
  ...POSTURE_DEFECTS,
  ...GENUINE_QUIRKS,
];
