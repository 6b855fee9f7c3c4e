/** The trust state: our appraisal in the words of Trust Security Center. Three states, no scores. */
import type { JudgedFinding, LayerId } from '../base/index.ts';
import type { Layer, LayerEvidence } from './layers.ts';

export type TrustState = 'PROTECTED' | 'REVIEW_REQUIRED' | 'INACTIVE';

export interface Appraisal {
  readonly path: LayerEvidence['path'];
  readonly revocationStatus: string | null;
  readonly challengeIsBound: boolean;
  readonly layers: readonly Layer[];
  readonly criticalLayers: readonly LayerId[];
  readonly judged: readonly JudgedFinding[];
}

/**
 * INACTIVE: integrity cannot be determined (no verified path, a listed key, or inconclusive).
 * PROTECTED: accepted, under a production anchor, revocation checked, challenge bound, every critical
 * layer satisfied, and there are critical layers. Everything else: REVIEW_REQUIRED.
 */
export function deriveTrustState(appraisal: Appraisal): TrustState {
  const { path, revocationStatus, challengeIsBound, layers, criticalLayers, judged } = appraisal;
  const isListed = revocationStatus !== null && revocationStatus !== 'good';
  const isRejected = judged.some(({ severity }) => severity === 'reject');
  const isOpen = judged.some(({ severity }) => severity === 'inconclusive');
  if (path === null || isListed || (isOpen && !isRejected)) return 'INACTIVE';
  const isProtected =
    !isRejected &&
    path.anchor.record.environment === 'production' &&
    revocationStatus === 'good' &&
    challengeIsBound &&
    criticalLayers.length > 0 &&
    criticalLayers.every((id) =>
      layers.some(({ layer, state }) => layer === id && state === 'satisfied'),
    );
  return isProtected ? 'PROTECTED' : 'REVIEW_REQUIRED';
}
