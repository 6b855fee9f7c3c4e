/**
 * Authorities of simulated devices: an anchor, what stands under it, and the attestation certificates
 * of devices and batches. Google-like ones bear Google's names with keys of their own.
 */
import { X509Certificate } from 'node:crypto';
import {
  ENIGM_DEVELOPMENT_ROOT,
  FACTORY_INTERMEDIATE,
  GOOGLE_LIKE_EC_ROOT,
  GOOGLE_LIKE_RSA_ROOT,
  REMOTE_CA2,
  REMOTE_CA3,
} from './authorities.ts';
import {
  type Hash,
  makeExtension,
  makeName,
  makeSerial,
  makeValidity,
  type NameParts,
  type Templates,
} from './certificate.ts';
import type { Bytes } from './der.ts';
import type { Level } from './device.ts';
import { type KeyPair, keyPairFromPem, makeKeyPair } from './key-pair.ts';
import { build, type PlannedCertificate, signedWith } from './plan.ts';
import type { SeededRandom } from './random.ts';

export type AnchorName = 'enigm-development' | 'google-like';
export type Provisioning = 'factory' | 'remote';

/** Names and keys of one owner. */
interface Owner {
  readonly remoteRoot: Authority;
  readonly factoryRoot: Authority;
  readonly ca2: NameParts;
  readonly ca3: NameParts;
}

/** A root: its certificate is fixed, and can be changed and signed anew like any other. */
interface Authority {
  readonly name: NameParts;
  readonly key: KeyPair;
  readonly hash: Hash;
  readonly certificate: Bytes;
}

const OWNERS: Readonly<Record<AnchorName, () => Owner>> = {
  'enigm-development': () => {
    const name = { CN: 'Enigm Development Attestation Root', O: 'Enigm' };
    const root = authority(ENIGM_DEVELOPMENT_ROOT, name, 'sha384');
    return {
      remoteRoot: root,
      factoryRoot: root,
      ca2: { CN: 'Enigm Device CA2', O: 'Enigm' },
      ca3: { CN: 'Enigm Device CA3', O: 'Enigm' },
    };
  },
  'google-like': () => {
    const name = { CN: 'Key Attestation CA1', OU: 'Android', O: 'Google LLC', C: 'US' };
    return {
      remoteRoot: authority(GOOGLE_LIKE_EC_ROOT, name, 'sha384'),
      factoryRoot: authority(GOOGLE_LIKE_RSA_ROOT, { serialNumber: 'f92009e853b6b045' }, 'sha256'),
      ca2: { CN: 'Droid CA2', O: 'Google LLC' },
      ca3: { CN: 'Droid CA3', O: 'Google LLC' },
    };
  },
};

function authority(
  { key, certificate }: { readonly key: string; readonly certificate: string },
  name: NameParts,
  hash: Hash,
): Authority {
  const der = new Uint8Array(new X509Certificate(certificate).raw);
  return { name, key: keyPairFromPem(key), hash, certificate: der };
}

const DAY_MS = 86_400_000;
const ROOT_FROM = Date.UTC(2026, 0, 1);
const ROOT_UNTIL = Date.UTC(2046, 0, 1);

/** CBOR {1: 8}: about how many certificates the device was issued in 30 days. */
const PROVISIONING_INFO = Uint8Array.of(0xa1, 0x01, 0x08);

/** The certificates above a leaf, attestation certificate first, root last. */
export type Issuers = readonly PlannedCertificate[];

export class Pki {
  readonly anchor: AnchorName;
  readonly #templates: Templates;
  readonly #random: SeededRandom;
  readonly #now: number;
  readonly #uppers: Readonly<Record<Provisioning, Issuers>>;

  /** `now`: the time of the evidence, in milliseconds since 1970. */
  constructor(anchor: AnchorName, templates: Templates, random: SeededRandom, now: number) {
    this.anchor = anchor;
    this.#templates = templates;
    this.#random = random;
    this.#now = now;
    const owner = OWNERS[anchor]();
    this.#uppers = { remote: this.#makeRemote(owner), factory: this.#makeFactory(owner) };
  }

  /** DER of the root certificates, one for each key. */
  get roots(): readonly Bytes[] {
    const roots = [this.#uppers.remote.at(-1), this.#uppers.factory.at(-1)];
    return [...new Set(roots.map((root) => root?.signed as Bytes))];
  }

  /** A new attestation certificate and everything above it. */
  issue(provisioning: Provisioning, level: Level): Issuers {
    const uppers = this.#uppers[provisioning];
    const issuer = uppers[0] as PlannedCertificate;
    const attestation =
      provisioning === 'remote'
        ? this.#issueRemote(issuer, level)
        : this.#issueFactory(issuer, level);
    return [attestation, ...uppers];
  }

  /** Issued to one device and good for days, like those of Google's provisioning server. */
  #issueRemote(issuer: PlannedCertificate, level: Level): PlannedCertificate {
    const serial = this.#serial(16);
    const template = this.#templates.deviceAuthority;
    return this.#sign(issuer, 'sha256', {
      subject: {
        CN: Buffer.from(serial).toString('hex'),
        O: level === 'StrongBox' ? 'StrongBox' : 'TEE',
      },
      serial,
      from: this.#now - 2 * DAY_MS,
      until: this.#now + 12 * DAY_MS,
      template: {
        ...template,
        extensions: [
          ...template.extensions,
          makeExtension('1.3.6.1.4.1.11129.2.1.30', PROVISIONING_INFO),
        ],
      },
    });
  }

  /** Issued to a batch of devices for ten years. */
  #issueFactory(issuer: PlannedCertificate, level: Level): PlannedCertificate {
    return this.#sign(issuer, 'sha256', {
      subject: {
        title: level === 'StrongBox' ? 'StrongBox' : 'TEE',
        serialNumber: Buffer.from(this.#random.bytes(16)).toString('hex'),
      },
      serial: this.#serial(10),
      from: this.#now - 4 * 365 * DAY_MS,
      until: this.#now + 6 * 365 * DAY_MS,
      template: this.#templates.deviceAuthority,
    });
  }

  #makeRemote({ remoteRoot, ca2, ca3 }: Owner): Issuers {
    const root = this.#makeRoot(remoteRoot);
    const upper = this.#sign(root, 'sha384', {
      subject: ca2,
      serial: this.#serial(16),
      from: this.#now - 200 * DAY_MS,
      until: this.#now + 900 * DAY_MS,
      key: keyPairFromPem(REMOTE_CA2),
    });
    const lower = this.#sign(upper, 'sha384', {
      subject: ca3,
      serial: this.#serial(16),
      // Often younger than the certificates it signs, and good for 70 days.
      from: this.#now - DAY_MS,
      until: this.#now + 69 * DAY_MS,
      key: keyPairFromPem(REMOTE_CA3),
    });
    return [lower, upper, root];
  }

  #makeFactory({ factoryRoot }: Owner): Issuers {
    const root = this.#makeRoot(factoryRoot);
    const intermediate = this.#sign(root, factoryRoot.hash, {
      subject: { title: 'TEE', serialNumber: '90e8da3cadfc7820' },
      serial: this.#serial(10),
      from: this.#now - 5 * 365 * DAY_MS,
      until: this.#now + 5 * 365 * DAY_MS,
      key: keyPairFromPem(FACTORY_INTERMEDIATE),
    });
    return [intermediate, root];
  }

  #makeRoot({ name, key, hash, certificate }: Authority): PlannedCertificate {
    const parts = {
      ...this.#templates.authority,
      issuer: makeName(name),
      subject: makeName(name),
      validity: makeValidity(ROOT_FROM, ROOT_UNTIL),
      spki: key.spki,
    };
    const signed = certificate;
    return { parts: signedWith(parts, key, hash), key, signer: key, hash, signed };
  }

  #sign(
    issuer: PlannedCertificate,
    hash: Hash,
    wanted: {
      readonly subject: NameParts;
      readonly serial: Bytes;
      readonly from: number;
      readonly until: number;
      readonly key?: KeyPair;
      readonly template?: PlannedCertificate['parts'];
    },
  ): PlannedCertificate {
    const key = wanted.key ?? makeKeyPair('P_256', this.#random);
    const parts = {
      ...(wanted.template ?? this.#templates.authority),
      serial: makeSerial(wanted.serial),
      issuer: issuer.parts.subject,
      subject: makeName(wanted.subject),
      validity: makeValidity(wanted.from, wanted.until),
      spki: key.spki,
    };
    return finish({ parts: signedWith(parts, issuer.key, hash), key, signer: issuer.key, hash });
  }

  /** Positive, of exactly `length` octets. */
  #serial(length: number): Bytes {
    const serial = this.#random.bytes(length);
    serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
    return serial;
  }
}

function finish(planned: PlannedCertificate): PlannedCertificate {
  const [signed] = build({ certificates: [planned] }, () => []);
  return { ...planned, signed: signed as Bytes };
}
