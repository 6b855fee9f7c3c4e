/**
 * A maker of simulated devices with real keys and signatures. Devices are made from a seed; each
 * attests keys as its hardware would, and one named defect may be put into any chain.
 */
import { makeExtension, makeName, makeTemplates, type Templates } from './certificate.ts';
import type { Defect } from './defects/defect.ts';
import { DEFECTS } from './defects/index.ts';
import type { Bytes } from './der.ts';
import {
  type AppIdentity,
  type Build,
  type DeviceState,
  describeKey,
  type Level,
} from './device.ts';
import { encodeDescription } from './key-description.ts';
import { type KeyKind, type KeyPair, makeKeyPair } from './key-pair.ts';
import type { AttestOptions, DeviceOptions } from './options.ts';
import { type AnchorName, type Issuers, Pki } from './pki.ts';
import {
  build,
  type ChainPlan,
  certificateAt,
  type PlannedCertificate,
  signedWith,
} from './plan.ts';
import { SeededRandom } from './random.ts';
import { softwareIssuers } from './software.ts';

export interface SimulatorOptions {
  readonly anchor: AnchorName;
  readonly seed: string;
  /** The time of the evidence: certificates are good then. Milliseconds since 1970. */
  readonly at: number;
  /** The builds devices run; each device picks one. */
  readonly builds: readonly Build[];
}

/** What a device sends, and what only a simulator knows of it. */
export interface Evidence {
  /** Leaf first. */
  readonly chain: readonly Bytes[];
  readonly challenge: Bytes;
  /** The attested key: what the device keeps. */
  readonly key: KeyPair;
}

const PURPOSE_SIGN = 2;
const PURPOSE_VERIFY = 3;
const PURPOSE_ATTEST_KEY = 7;

const KEY_DESCRIPTION = '1.3.6.1.4.1.11129.2.1.17';

export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  return new Simulator(await makeTemplates(), options);
}

export class Simulator {
  readonly pki: Pki;
  readonly random: SeededRandom;
  readonly templates: Templates;
  readonly options: SimulatorOptions;

  constructor(templates: Templates, options: SimulatorOptions) {
    this.templates = templates;
    this.options = options;
    this.random = new SeededRandom(`${options.anchor} ${options.seed}`);
    this.pki = new Pki(options.anchor, templates, this.random, options.at);
  }

  device(options: DeviceOptions): SimulatedDevice {
    return new SimulatedDevice(this, options);
  }

  /** A device without secure hardware, such as an emulator. */
  softwareDevice(): SimulatedDevice {
    const issuers = softwareIssuers(this.templates.authority, this.random);
    return new SimulatedDevice(this, { provisioning: 'factory', issuers });
  }

  /** Chains of devices that share one attestation certificate. */
  batch(level: Level = 'TrustedEnvironment'): Issuers {
    return this.pki.issue('factory', level);
  }
}

export class SimulatedDevice {
  readonly state: DeviceState;
  readonly issuers: Issuers;
  readonly #simulator: Simulator;
  readonly #app: AppIdentity;

  constructor(simulator: Simulator, options: DeviceOptions) {
    const { random, pki } = simulator;
    const level = options.level ?? 'TrustedEnvironment';
    const deviceLocked = options.deviceLocked ?? true;
    this.#simulator = simulator;
    this.state = {
      build: options.build ?? random.pick(simulator.options.builds),
      level,
      deviceLocked,
      verifiedBootState: options.verifiedBootState ?? (deviceLocked ? 0 : 2),
      version: options.version ?? (level === 'StrongBox' ? 300 : 400),
    };
    this.issuers = options.issuers ?? pki.issue(options.provisioning, level);
    this.#app = {
      packageName: 'org.enigm.demo',
      version: 1,
      signerDigest: new SeededRandom('org.enigm.demo').bytes(32),
    };
  }

  /** Makes a key and the chain that attests it. */
  attest(options: AttestOptions = {}): Evidence {
    const asked = options.challenge ?? this.#simulator.random.bytes(32);
    const plan = this.#plan({ ...options, challenge: asked });
    if (options.defect !== undefined) {
      const { random, options: simulated } = this.#simulator;
      const { defect } = options;
      const change = typeof defect === 'string' ? defectNamed(defect) : defect;
      change.apply(plan, { random, at: simulated.at });
    }
    const { key, description } = certificateAt(plan, 0);
    const challenge = description?.attestationChallenge ?? asked;
    const chain = build(plan, encodeAttestation);
    return { chain: options.withRoot === false ? chain.slice(0, -1) : chain, challenge, key };
  }

  /** The chain such a device would send, before it is signed. */
  #plan({
    challenge,
    kind = 'P_256',
    attestKeys = 0,
  }: AttestOptions & { readonly challenge: Bytes }): ChainPlan {
    const certificates = [...this.issuers];
    for (let made = 0; made < attestKeys; made += 1) {
      certificates.unshift(this.#attest('P_256', [PURPOSE_ATTEST_KEY], certificates, challenge));
    }
    const purposes = [PURPOSE_SIGN, PURPOSE_VERIFY];
    certificates.unshift(this.#attest(kind, purposes, certificates, challenge));
    return { certificates };
  }

  #attest(
    kind: KeyKind,
    purposes: readonly number[],
    issuers: readonly PlannedCertificate[],
    challenge: Bytes,
  ): PlannedCertificate {
    const { random, templates, options } = this.#simulator;
    const issuer = issuers[0] as PlannedCertificate;
    const key = makeKeyPair(kind, random);
    const parts = { ...templates.leaf, issuer: issuer.parts.subject, spki: key.spki };
    const description = describeKey(this.state, this.#app, {
      kind,
      purposes,
      challenge,
      createdAt: options.at,
    });
    return {
      parts: signedWith({ ...parts, subject: LEAF_NAME }, issuer.key, 'sha256'),
      key,
      signer: issuer.key,
      hash: 'sha256',
      description,
    };
  }
}

const LEAF_NAME = makeName({ CN: 'Android Keystore Key' });

/** The KeyDescription extension of a certificate that has one. */
function encodeAttestation(planned: PlannedCertificate): Bytes[] {
  const { description, editDescription, isAttestationCritical } = planned;
  if (description === undefined) return [];
  const encoded = encodeDescription(description);
  const value = editDescription?.(encoded) ?? encoded;
  return [makeExtension(KEY_DESCRIPTION, value, isAttestationCritical)];
}

function defectNamed(name: string): Defect {
  const defect = DEFECTS.find((each) => each.name === name);
  if (defect === undefined) throw new RangeError(`no defect is named ${name}`);
  return defect;
}
