/**
 * What else npm offers to verify such chains with, on the same chains, one thread. Each does what its
 * authors or a careful reader of their manual would do, and none of them does as much as the subject:
 * the table says what is left out.
 */
import { X509Certificate } from 'node:crypto';
import 'reflect-metadata';
import * as peculiar from '@peculiar/x509';

/** Verifies a whole chain, leaf first, root last. Throws or gives false where it does not hold. */
export type Verify = (chain: readonly Uint8Array[]) => boolean | Promise<boolean>;

export interface Peer {
  readonly name: string;
  readonly leavesOut: string;
  readonly verify: Verify;
}

/** `X509Certificate` for every certificate of every chain. */
const plainNode: Peer = {
  name: 'node:crypto X509Certificate',
  leavesOut: 'KeyDescription, shape, revocation, policy, report',
  verify: (chain) => {
    const certificates = chain.map((der) => new X509Certificate(der));
    return certificates.every((certificate, index) => {
      const issuer = certificates[index + 1] ?? certificate;
      return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
    });
  },
};

/** The same with everything above the attestation certificate remembered by its bytes. */
function withIssuersRemembered(): Peer {
  const known = new Map<string, X509Certificate>();
  return {
    name: 'the same, issuers remembered',
    leavesOut: 'as above; the issuers are trusted as first seen',
    verify: (chain) => {
      const [leaf, attestation, ...uppers] = chain as [Uint8Array, Uint8Array, ...Uint8Array[]];
      const path = uppers.map((der, index) => {
        const key = Buffer.from(der).toString('latin1');
        const seen = known.get(key);
        if (seen !== undefined) return seen;
        const certificate = new X509Certificate(der);
        const issuer = uppers[index + 1];
        const above = issuer === undefined ? certificate : new X509Certificate(issuer);
        if (!certificate.verify(above.publicKey)) throw new Error('an issuer does not verify');
        known.set(key, certificate);
        return certificate;
      });
      const below = [new X509Certificate(leaf), new X509Certificate(attestation)] as const;
      return below[0].verify(below[1].publicKey) && below[1].verify(keyOf(path[0]));
    },
  };
}

const keys = new WeakMap<X509Certificate, X509Certificate['publicKey']>();

function keyOf(certificate: X509Certificate | undefined): X509Certificate['publicKey'] {
  if (certificate === undefined) throw new Error('the chain is too short');
  const known = keys.get(certificate) ?? certificate.publicKey;
  keys.set(certificate, known);
  return known;
}

const plainPeculiar: Peer = {
  name: '@peculiar/x509',
  leavesOut: 'KeyDescription, shape, revocation, policy, report',
  verify: async (chain) => {
    const certificates = chain.map((der) => new peculiar.X509Certificate(new Uint8Array(der)));
    for (const [index, certificate] of certificates.entries()) {
      const issuer = certificates[index + 1] ?? certificate;
      if (certificate.issuer !== issuer.subject) return false;
      const publicKey = await issuer.publicKey.export();
      if (!(await certificate.verify({ publicKey, signatureOnly: true }))) return false;
    }
    return true;
  },
};

export function createPeers(): readonly Peer[] {
  return [plainPeculiar, plainNode, withIssuersRemembered()];
}
