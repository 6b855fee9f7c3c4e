/**
 * Evidence as each peer wants it, of one and the same chain: the chain itself, the request the subject
 * answers, and the registration of a passkey (WebAuthn Level 3, 8.4 Android Key Attestation), whose leaf
 * carries the digest of the client data as its challenge.
 */
import { createHash, randomBytes, sign } from 'node:crypto';
import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { encode } from 'cbor2';
import { attest, type World } from '../../test/support/world.ts';
import { type Chain, chainOf } from '../fleets.ts';

export const RP_ID = 'bench.example';
export const ORIGIN = `https://${RP_ID}`;

export interface PeerCase extends Chain {
  /** What the leaf's description carries. */
  readonly challenge: Uint8Array;
  readonly registration: Registration;
}

interface Registration {
  readonly response: RegistrationResponseJSON;
  /** What the relying party asked for, base64url. */
  readonly challenge: string;
}

type Evidence = ReturnType<typeof attest>;

/** Evidence of a new device. `change` is made to its chain before it is sent. */
export function makeCase(
  world: World,
  change: (chain: Evidence['chain']) => Evidence['chain'] = (chain) => chain,
): PeerCase {
  const challenge = randomBytes(32).toString('base64url');
  const clientData = Buffer.from(
    JSON.stringify({ type: 'webauthn.create', challenge, origin: ORIGIN }),
  );
  const clientDataHash = sha256(clientData);
  const evidence = attest(world, {}, { challenge: new Uint8Array(clientDataHash) });
  const sent = { ...evidence, chain: change(evidence.chain) };
  return {
    ...chainOf(sent, 'uppers'),
    challenge: sent.challenge,
    registration: { response: toRegistration(sent, clientData, clientDataHash), challenge },
  };
}

function toRegistration(
  { chain, key }: Evidence,
  clientData: Buffer,
  clientDataHash: Buffer,
): RegistrationResponseJSON {
  const id = randomBytes(16);
  const authData = authenticatorData(id, key.spki);
  const sig = sign('sha256', Buffer.concat([authData, clientDataHash]), key.privateKey);
  const attStmt = { alg: ES256, sig: new Uint8Array(sig), x5c: chain };
  const attestationObject = encode({
    fmt: 'android-key',
    attStmt,
    authData: new Uint8Array(authData),
  });
  return {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: Buffer.from(attestationObject).toString('base64url'),
    },
  };
}

/** RFC 9053 2.1. */
const ES256 = -7;
const USER_PRESENT_AND_VERIFIED_WITH_CREDENTIAL = 0x45;
const COORDINATE_BYTES = 32;

/** WebAuthn 6.1: of a credential whose key is that of the leaf, on P-256. */
function authenticatorData(id: Buffer, spki: Uint8Array): Buffer {
  const x = spki.slice(-2 * COORDINATE_BYTES, -COORDINATE_BYTES);
  const y = spki.slice(-COORDINATE_BYTES);
  // RFC 9053 7.1.1: kty EC2, alg ES256, crv P-256, and the point.
  const coseKey = encode(
    new Map<number, unknown>([
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, x],
      [-3, y],
    ]),
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(id.length);
  return Buffer.concat([
    sha256(Buffer.from(RP_ID)),
    Buffer.of(USER_PRESENT_AND_VERIFIED_WITH_CREDENTIAL),
    Buffer.alloc(4),
    Buffer.alloc(16),
    length,
    id,
    coseKey,
  ]);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
