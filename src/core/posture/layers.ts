/**
 * The layers of the Enigm OS posture model and the trust state, from facts and findings. A layer is
 * satisfied only by evidence: a policy that does not ask for something cannot make it so, and what
 * hardware attestation cannot show reads `not_evidenced`.
 */

import type { AnchorRecord } from '../anchors/index.ts';
import {
  FINDING_CODES,
  type FindingCode,
  type JudgedFinding,
  LAYERS,
  type LayerId,
} from '../base/index.ts';
import {
  type DeviceDescription,
  describeEnum,
  ORIGIN_GENERATED,
} from '../key-description/index.ts';
import type { Layout } from '../path/index.ts';
import type { StatementFields } from '../statement/index.ts';
import { hasVerifiedBoot, type Posture } from './posture.ts';
import { shownByStatement } from './reported.ts';

export type LayerState = 'satisfied' | 'degraded' | 'failed' | 'not_evidenced';

export interface Layer {
  readonly layer: LayerId;
  readonly state: LayerState;
  /** What the state rests on. */
  readonly basis: string;
  readonly findings: readonly FindingCode[];
}

/** What the layers are derived from; null where the proof did not get so far. */
export interface LayerEvidence {
  readonly path: {
    readonly anchor: { readonly record: Pick<AnchorRecord, 'id' | 'environment'> };
    readonly layout: Pick<Layout, 'shape'>;
  } | null;
  readonly revocationStatus: string | null;
  readonly description: DeviceDescription | null;
  readonly posture: Posture | null;
  /** What a verified statement says, where something vouches for it; else null. */
  readonly reported: StatementFields | null;
}

/** What the evidence shows of one layer by itself, whatever a policy asks. */
interface Shown {
  readonly shown: Exclude<LayerState, 'failed'>;
  readonly basis: string;
}

/** Every layer, in the order reports list them. */
export function deriveLayers(
  evidence: LayerEvidence,
  judged: readonly JudgedFinding[],
): readonly Layer[] {
  return LAYERS.map((layer) => {
    const { shown, basis } = SHOWN_BY_EVIDENCE[layer](evidence);
    const concerning = judged.filter(({ finding }) => FINDING_CODES[finding.code].layer === layer);
    const findings = [...new Set(concerning.map(({ finding }) => finding.code))];
    return { layer, state: deriveState(shown, concerning), basis, findings };
  });
}

function deriveState(shown: Shown['shown'], concerning: readonly JudgedFinding[]): LayerState {
  if (concerning.some(({ severity }) => severity === 'reject')) return 'failed';
  const isDoubted = concerning.some(({ severity }) => severity !== 'info');
  return shown === 'satisfied' && isDoubted ? 'degraded' : shown;
}

const NO_PATH: Shown = { shown: 'not_evidenced', basis: 'no verified path' };
const NO_DESCRIPTION: Shown = { shown: 'not_evidenced', basis: 'no readable KeyDescription' };
const NEEDS_STATEMENT: Shown = {
  shown: 'not_evidenced',
  basis: 'hardware attestation says nothing about it; a statement signed by the attested key would',
};

const SHOWN_BY_EVIDENCE: Readonly<Record<LayerId, (evidence: LayerEvidence) => Shown>> = {
  'hardware-integrity': ({ path, revocationStatus, description }) => {
    if (path === null) return NO_PATH;
    if (description === null) return NO_DESCRIPTION;
    const { id, environment } = path.anchor.record;
    const revocation = revocationStatus === null ? 'not checked' : revocationStatus;
    return {
      shown: 'satisfied',
      basis: `${path.layout.shape} chain to the ${environment} anchor ${id}; revocation ${revocation}; attested by ${description.attestationSecurityLevel}`,
    };
  },

  'key-material': ({ description, posture }) => {
    if (description === null || posture === null) return NO_DESCRIPTION;
    const { origin, purpose = [] } = description.hardwareEnforced.fields;
    if (origin === undefined)
      return { shown: 'not_evidenced', basis: 'no origin in the hardware list' };
    const isGeneratedInHardware =
      origin === ORIGIN_GENERATED && posture.securityLevel !== 'Software';
    const purposes = purpose.map((each) => describeEnum('KeyPurpose', each));
    return {
      shown: isGeneratedInHardware ? 'satisfied' : 'degraded',
      basis: `${describeEnum('KeyOrigin', origin)} in ${posture.securityLevel}, for ${purposes.join(' and ') || 'no purpose'}`,
    };
  },

  'verified-boot': ({ posture }) => {
    if (posture === null) return NO_DESCRIPTION;
    const { boot } = posture;
    if (boot === null)
      return { shown: 'not_evidenced', basis: 'no root of trust in the hardware list' };
    const lock = boot.deviceLocked ? 'locked' : 'unlocked';
    const { recognised } = posture;
    const owner = recognised?.kind === 'system' ? `, known as ${recognised.system.name}` : '';
    return {
      shown: hasVerifiedBoot(posture) ? 'satisfied' : 'degraded',
      basis: `bootloader ${lock}, boot state ${boot.state}, boot key ${boot.key === '' ? 'empty' : boot.key}${owner}`,
    };
  },

  'os-hardening': ({ posture }) =>
    posture?.release && hasVerifiedBoot(posture)
      ? { shown: 'satisfied', basis: `runs the known release ${posture.release.name}` }
      : { shown: 'not_evidenced', basis: 'only a recognised release of Enigm OS shows it' },

  'network-policy': ({ reported }) =>
    shownByStatement(reported, ['networkPolicy', 'privacyMode']) ?? NEEDS_STATEMENT,
  'trust-security-center': ({ reported }) =>
    shownByStatement(reported, ['trustSecurityCenter', 'securityService']) ?? NEEDS_STATEMENT,

  application: ({ description, posture }) => {
    if (description === null || posture === null) return NO_DESCRIPTION;
    const id = description.softwareEnforced.fields.attestationApplicationId;
    if (id === undefined) return { shown: 'not_evidenced', basis: 'no application id' };
    return {
      shown: 'not_evidenced',
      basis: hasVerifiedBoot(posture)
        ? 'the system names the app; the policy does not say which it should be'
        : 'the system names the app, but its boot is not verified',
    };
  },

  'update-management': ({ posture, reported }) => {
    const said = shownByStatement(reported, ['updateState', 'managedState']);
    if (posture?.recognised?.kind !== 'release' || !hasVerifiedBoot(posture)) {
      return said ?? NEEDS_STATEMENT;
    }
    const { release, standing } = posture.recognised;
    const isOver = release.stage === 'superseded' || release.stage === 'withdrawn';
    const behind = standing.latest === null ? 'none newer' : `${standing.releases} newer`;
    const compared = `patch levels compared with ${release.name} (${release.stage}, ${behind})`;
    // A device's own word does not make an old release current.
    const shown = isOver ? 'degraded' : (said?.shown ?? 'satisfied');
    return { shown, basis: said === null ? compared : `${compared}; ${said.basis}` };
  },
};
