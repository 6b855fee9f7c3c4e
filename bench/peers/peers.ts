/**
 * What else npm offers to verify such chains with, on the same chains, one thread. Each does what its
 * authors or a careful reader of their manual would do, and none of them does as much as the subject:
 * the table says what is left out. All know the roots by their bytes, so none verifies a root's signature
 * of itself, but for the chain builder of @peculiar/x509, which cannot do without.
 */
import { X509Certificate } from 'node:crypto';
import 'reflect-metadata';
import { id_ce_keyDescription, KeyMintKeyDescription } from '@peculiar/asn1-android';
import { AsnConvert } from '@peculiar/asn1-schema';
import * as peculiar from '@peculiar/x509';
import { SettingsService, verifyRegistrationResponse } from '@simplewebauthn/server';
import { ORIGIN, type PeerCase, RP_ID } from './cases.ts';

export interface Peer {
  readonly name: string;
  readonly leavesOut: string;
  /** Whether the chain holds; may throw where it does not. */
  readonly verify: (evidence: PeerCase) => boolean | Promise<boolean>;
}

type Roots = readonly Uint8Array[];

const isOneOf = (roots: Roots, der: Uint8Array | undefined): boolean =>
  der !== undefined && roots.some((root) => Buffer.compare(root, der) === 0);

const LEFT_OUT = 'dates, KeyDescription, shape, revocation, policy, report';

/**
 * Registration of a passkey, attestation format `android-key`: reads the description for the challenge and
 * two tags, builds the path anew for every call, and verifies one signature more, the attested key's own.
 */
function simpleWebAuthn(roots: Roots): Peer {
  SettingsService.setRootCertificates({
    identifier: 'android-key',
    certificates: roots.map((der) => Buffer.from(der)),
  });
  return {
    name: '@simplewebauthn/server',
    leavesOut: 'most of KeyDescription, shape, revocation, policy, report',
    verify: async ({ registration: { response, challenge } }) => {
      const { verified } = await verifyRegistrationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: ORIGIN,
        expectedRPID: RP_ID,
      });
      return verified;
    },
  };
}

/** `X509Certificate` for every certificate of every chain. */
function plainNode(roots: Roots): Peer {
  return {
    name: 'node:crypto X509Certificate',
    leavesOut: LEFT_OUT,
    verify: ({ chain }) => {
      const certificates = chain.map((der) => new X509Certificate(der));
      return (
        isOneOf(roots, chain.at(-1)) &&
        certificates.slice(0, -1).every((certificate, index) => {
          const issuer = certificates[index + 1] as X509Certificate;
          return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
        })
      );
    },
  };
}

/** The same with everything above the attestation certificate remembered by its bytes. */
function withIssuersRemembered(roots: Roots): Peer {
  const known = new Map<string, X509Certificate>();
  /** Remembered only once it is verified up to a root. */
  function issuerAt(path: readonly Uint8Array[], index: number): X509Certificate {
    const der = path[index] as Uint8Array;
    const key = Buffer.from(der).toString('latin1');
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const certificate = new X509Certificate(der);
    const isSound =
      index === path.length - 1
        ? isOneOf(roots, der)
        : certificate.verify(keyOf(issuerAt(path, index + 1)));
    if (!isSound) throw new Error('an issuer does not verify');
    known.set(key, certificate);
    return certificate;
  }
  return {
    name: 'the same, issuers remembered',
    leavesOut: LEFT_OUT,
    verify: ({ chain }) => {
      const [leaf, attestation] = chain.slice(0, 2).map((der) => new X509Certificate(der)) as [
        X509Certificate,
        X509Certificate,
      ];
      const path = chain.slice(2);
      // Each of them, though the first would do: what was sent is looked at.
      const [issuer] = path.map((_, index) => issuerAt(path, index)) as [X509Certificate];
      return attestation.verify(keyOf(issuer)) && leaf.verify(attestation.publicKey);
    },
  };
}

const keys = new WeakMap<X509Certificate, X509Certificate['publicKey']>();

function keyOf(certificate: X509Certificate): X509Certificate['publicKey'] {
  const known = keys.get(certificate) ?? certificate.publicKey;
  keys.set(certificate, known);
  return known;
}

/** As its manual builds chains. */
function peculiarBuilder(roots: Roots): Peer {
  return {
    name: '@peculiar/x509, its chain builder',
    leavesOut: 'KeyDescription, shape, revocation, policy, report',
    verify: async ({ chain }) => {
      const [leaf, ...certificates] = chain.map(
        (der) => new peculiar.X509Certificate(new Uint8Array(der)),
      ) as [peculiar.X509Certificate, ...peculiar.X509Certificate[]];
      const path = await new peculiar.X509ChainBuilder({ certificates }).build(leaf);
      const now = new Date();
      return (
        path.length === chain.length &&
        isOneOf(roots, new Uint8Array((path.at(-1) as peculiar.X509Certificate).rawData)) &&
        path.every(({ notBefore, notAfter }) => notBefore <= now && now <= notAfter)
      );
    },
  };
}

/** What it offers for one certificate, and no more of it than `X509Certificate` above does. */
function peculiarByHand(roots: Roots): Peer {
  return {
    name: '@peculiar/x509, by hand',
    leavesOut: LEFT_OUT,
    verify: async ({ chain }) => (await leafByHand(roots, chain)) !== null,
  };
}

/** The same, and the challenge compared with that of the description, read with the schema of its authors. */
function peculiarWithDescription(roots: Roots): Peer {
  return {
    name: 'the same, KeyDescription read',
    leavesOut: 'dates, shape, revocation, policy, report',
    verify: async ({ chain, challenge }) => {
      const leaf = await leafByHand(roots, chain);
      const extension = leaf?.getExtension(id_ce_keyDescription);
      if (extension == null) return false;
      const description = AsnConvert.parse(extension.value, KeyMintKeyDescription);
      const said = new Uint8Array(description.attestationChallenge.buffer);
      return Buffer.compare(challenge, said) === 0;
    },
  };
}

/** The leaf of a chain that holds, or null. */
async function leafByHand(
  roots: Roots,
  chain: readonly Uint8Array[],
): Promise<peculiar.X509Certificate | null> {
  if (!isOneOf(roots, chain.at(-1))) return null;
  const certificates = chain.map((der) => new peculiar.X509Certificate(new Uint8Array(der)));
  for (const [index, certificate] of certificates.slice(0, -1).entries()) {
    const issuer = certificates[index + 1] as peculiar.X509Certificate;
    if (certificate.issuer !== issuer.subject) return null;
    const publicKey = await issuer.publicKey.export();
    if (!(await certificate.verify({ publicKey, signatureOnly: true }))) return null;
  }
  return certificates[0] as peculiar.X509Certificate;
}

/** `roots`: DER of the certificates that chains may end in. */
export function createPeers(roots: Roots): readonly Peer[] {
  return [
    simpleWebAuthn,
    peculiarBuilder,
    peculiarByHand,
    peculiarWithDescription,
    plainNode,
    withIssuersRemembered,
  ].map((make) => make(roots));
}
