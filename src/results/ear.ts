/**
 * An attestation result as an EAR (EAT Attestation Result, draft-ietf-rats-ear-03) with the
 * trustworthiness vector of AR4SI (draft-ietf-rats-ar4si): the claims, made from a report.
 */
import { createHash, createPublicKey } from 'node:crypto';
import type { FindingCode } from '../core/base/index.ts';
import type { Report } from '../core/report/index.ts';
import type { Claims } from './sign.ts';

export const EAR_PROFILE = 'tag:ietf.org,2026:rats/ear#03';

/** The one submodule: what KeyMint attested. */
export const EAR_SUBMODULE = 'android-keymint';

export type Tier = 'none' | 'affirming' | 'warning' | 'contraindicated';

/** AR4SI claims this evidence speaks of; for the others there is none, so they are left out. */
export type TrustVector = Readonly<
  Partial<Record<'hardware' | 'executables' | 'configuration', number>>
>;

export interface EarTerms {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly lifetimeSeconds: number;
}

/** The claims of the result that a report says. */
export function toEarClaims(report: Report, terms: EarTerms): Claims {
  const { issuer, audience, now, lifetimeSeconds } = terms;
  const iat = Math.floor(now / 1000);
  const status = statusOf(report);
  const attested = report.keyDescription?.attestationChallenge ?? '';
  const nonce = attested === '' ? null : toEatNonce(Buffer.from(attested, 'hex'));
  const { policy, chain, revocation, key } = report;
  return {
    eat_profile: EAR_PROFILE,
    iss: issuer,
    aud: audience,
    iat,
    exp: iat + lifetimeSeconds,
    // Only an answer to the challenge of this request makes the result fresh.
    ...(nonce === null || report.binding.challenge !== 'bound' ? {} : { eat_nonce: nonce }),
    ...confirmationOf(report),
    environment: environmentOf(report),
    ear_verifier_id: {
      developer: issuer,
      build: `${report.verifier.name} ${report.verifier.version}`,
    },
    ear_status: status,
    submods: {
      [EAR_SUBMODULE]: {
        ear_status: status,
        ear_trustworthiness_vector: vectorOf(report),
        ear_appraisal_policy_ids: [policyIdOf(report)],
        ...(nonce === null ? {} : { eat_nonce: nonce }),
        ...(key === null ? {} : { ear_veraison_key_attestation: { akpub: base64Url(key.spki) } }),
        enigm_attest: {
          outcome: report.outcome,
          trustState: report.trustState,
          // A result may travel by way of the device: risk signals are not for it.
          codes: report.findings
            .filter(({ disclosure }) => disclosure === 'caller')
            .map(({ code }) => code),
          policy,
          anchor: chain.anchor,
          snapshot: revocation.snapshot?.id ?? null,
          evidenceDigest: report.evidenceDigest,
          binding: report.binding,
          release: report.release,
        },
      },
    },
  };
}

/**
 * The nonce of a result for a challenge. EAT allows 8 to 64 octets: a challenge of another length is stood for
 * by its SHA-256.
 */
export function toEatNonce(challenge: Uint8Array): string {
  const fits = challenge.length >= 8 && challenge.length <= 64;
  const octets = fits ? challenge : createHash('sha256').update(challenge).digest();
  return Buffer.from(octets).toString('base64url');
}

/** Not production where the verifier is not, or the anchor. */
function environmentOf({ environment, chain }: Report): string {
  return environment === 'production' ? (chain.anchor?.environment ?? environment) : environment;
}

function policyIdOf({ policy: { id, version, digest } }: Report): string {
  return `urn:enigm-attest:policy:${id}:${version}:sha256:${digest}`;
}

/** The tier of the outcome, and never better than the worst claim of the vector. */
function statusOf(report: Report): Tier {
  if (report.outcome === 'inconclusive') return 'none';
  if (report.outcome === 'reject') return 'contraindicated';
  const worst = Math.max(...Object.values(vectorOf(report)));
  const affirms =
    report.trustState === 'PROTECTED' && environmentOf(report) === 'production' && worst < 32;
  return affirms ? 'affirming' : 'warning';
}

const CODES_OF_PATCH_GAPS: readonly FindingCode[] = [
  'PATCH_LEVEL_MISSING',
  'PATCH_LEVEL_ZERO',
  'PATCH_LEVEL_MALFORMED',
  'PATCH_LEVEL_FUTURE',
  'RELEASE_PATCH_MISSING',
];
const CODES_OF_OLD_PATCHES: readonly FindingCode[] = ['PATCH_LEVEL_TOO_OLD', 'RELEASE_PATCH_OLDER'];

/**
 * What the evidence shows, in the values of AR4SI. Nothing decided asserts nothing. A policy may accept what
 * would by itself contraindicate; its word then is a warning, so that vector and status agree.
 */
function vectorOf(report: Report): TrustVector {
  if (report.outcome === 'inconclusive') return { hardware: 0 };
  const codes = new Set(report.findings.map(({ code }) => code));
  if (codes.has('SIGNATURE_INVALID')) return { hardware: 99 };
  const vector: TrustVector =
    report.keyDescription === null
      ? { hardware: hardwareOf(report) }
      : {
          hardware: hardwareOf(report),
          executables: executablesOf(report),
          configuration: configurationOf(codes),
        };
  return report.outcome === 'accept' ? atMostWarning(vector) : vector;
}

/** 2 genuine, 32 genuine with remarks, 96 known and not to be trusted, 97 not recognised. */
function hardwareOf({ chain, revocation, layers }: Report): number {
  if (chain.anchor === null) return 97;
  if (revocation.status !== null && revocation.status !== 'good') return 96;
  const layer = layers.find(({ layer: id }) => id === 'hardware-integrity');
  if (layer?.state === 'failed') return 97;
  return layer?.state === 'satisfied' && revocation.checked ? 2 : 32;
}

/** 3 only approved code while booting, 33 code nobody vouches for, 96 code known to be bad. */
function executablesOf({ keyDescription, release }: Report): number {
  const rootOfTrust = keyDescription?.hardwareEnforced['rootOfTrust'];
  if (typeof rootOfTrust !== 'object' || !('verifiedBootState' in rootOfTrust)) return 33;
  const { deviceLocked, verifiedBootState } = rootOfTrust;
  if (verifiedBootState === 'Failed') return 96;
  return deviceLocked && (verifiedBootState === 'Verified' || release !== null) ? 3 : 33;
}

/** 2 known and approved, 32 with known vulnerabilities, 36 not wholly visible. */
function configurationOf(codes: ReadonlySet<FindingCode>): number {
  if (CODES_OF_OLD_PATCHES.some((code) => codes.has(code))) return 32;
  return CODES_OF_PATCH_GAPS.some((code) => codes.has(code)) ? 36 : 2;
}

function atMostWarning(vector: TrustVector): TrustVector {
  const capped = Object.entries(vector).map(([name, value]) => [
    name,
    value >= 96 ? (name === 'executables' ? 33 : 32) : value,
  ]);
  return Object.fromEntries(capped) as TrustVector;
}

/** Key confirmation (RFC 7800): the attested key, of which the relying party can ask for a signature. */
function confirmationOf({ key }: Report): Claims {
  if (key === null) return {};
  try {
    const spki = Buffer.from(key.spki, 'base64');
    const jwk = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({
      format: 'jwk',
    });
    return { cnf: { jwk } };
  } catch {
    // A kind of key that has no JWK form here: `akpub` holds it all the same.
    return {};
  }
}

function base64Url(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}
