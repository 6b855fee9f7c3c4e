/** Stages `chain` and `anchor`: how the certificates stand together, and on what. */
import type { CodeColumns, CodeEntry } from './entry.ts';

const BROKEN = {
  stage: 'chain',
  severity: 'reject',
  layer: 'hardware-integrity',
  failureClass: 'INVALID_TRUST_CHAIN',
  retryable: false,
  disclosure: 'caller',
} as const satisfies CodeColumns;

const ANCHOR = { ...BROKEN, stage: 'anchor' } as const satisfies CodeColumns;

const QUIRK = {
  ...BROKEN,
  severity: 'info',
  layer: null,
  failureClass: null,
} as const satisfies CodeColumns;

const TREAT_AS_ATTACK =
  'treat it as an attack: the app, or whoever holds the account, sent evidence that was made by hand';
const LEAF_FIRST =
  'send the chain leaf first, exactly as KeyStore.getCertificateChain() returned it';
const NOTHING = 'nothing: genuine devices do this and the signature alone binds what matters';

export const CHAIN_CODES = {
  CHAIN_ORDER: {
    ...BROKEN,
    text: 'the certificates are not in order, leaf first',
    why: 'nothing is reordered: a chain has one reading, the one it was sent in',
    remedy: LEAF_FIRST,
  },
  DUPLICATE_CERTIFICATE: {
    ...BROKEN,
    text: 'the same certificate stands in the chain twice',
    why: 'a repeated certificate changes the length on which the shape rules rest',
    remedy: LEAF_FIRST,
  },
  NAME_CHAINING: {
    ...BROKEN,
    text: 'the issuer of a certificate is not the subject of the next one',
    why: 'names and signatures must tell the same story',
    remedy: LEAF_FIRST,
  },
  SIGNATURE_INVALID: {
    ...BROKEN,
    text: 'a certificate was not signed by the key above it',
    why: 'the bytes were changed after signing, or the chain was put together from parts of others',
    remedy: TREAT_AS_ATTACK,
  },
  ISSUER_NOT_CA: {
    ...BROKEN,
    text: 'a certificate that issued another is not allowed to',
    why: 'without the CA flag and keyCertSign any device key could issue certificates',
    remedy: TREAT_AS_ATTACK,
  },
  CHAIN_SHAPE_UNKNOWN: {
    ...BROKEN,
    text: 'the chain has none of the layouts that exist',
    why: 'exact length is the main defence against a chain extended below a leaked attestation key',
    remedy:
      'if the chain is as the device returned it, treat it as an attack; a certificate stands where none belongs or one is missing',
  },
  CHAIN_EXTENDED_FAKE_ATTESTATION: {
    ...BROKEN,
    text: 'a certificate that carries a key attestation has issued another one',
    why: 'an ordinary app key was used to sign a hand-made certificate below it; what the new leaf claims is invented',
    remedy: TREAT_AS_ATTACK,
  },
  CHAIN_EXTENDED_FOR_KEY: {
    ...BROKEN,
    text: 'a certificate without attestation stands below the attested one',
    why: 'the chain was extended so that a software key borrows the attestation of a hardware key',
    remedy: TREAT_AS_ATTACK,
  },
  TARGET_MISSING_ATTESTATION_EXTENSION: {
    ...BROKEN,
    failureClass: 'UNSUPPORTED_DEVICE',
    text: 'the leaf carries no key attestation',
    why: 'without the KeyDescription extension the certificate says nothing about key or device',
    remedy:
      'generate the key with setAttestationChallenge(); a key made without one is not attested',
  },
  ATTESTATION_FORMAT_UNSUPPORTED: {
    ...BROKEN,
    failureClass: 'UNSUPPORTED_DEVICE',
    text: 'the leaf carries an attestation in another format (EAT or Samsung Knox)',
    why: 'only the KeyDescription of Android Key Attestation is read here',
    remedy: 'request Android Key Attestation from the Android Keystore on the device',
  },
  ATTEST_KEY_PURPOSE_INVALID: {
    ...BROKEN,
    text: 'an attestation key has purposes beside ATTEST_KEY',
    why: 'a key that can sign anything else can sign a forged certificate',
    remedy: TREAT_AS_ATTACK,
  },
  ATTEST_KEY_INVALID: {
    ...BROKEN,
    text: 'an attestation key was not generated in secure hardware for one app',
    why: 'an imported or shared attestation key can be used outside the device',
    remedy: 'generate the attestation key in the Android Keystore with PURPOSE_ATTEST_KEY',
  },
  ATTEST_KEY_CHALLENGE: {
    ...BROKEN,
    severity: 'info',
    layer: null,
    failureClass: null,
    text: 'an attestation key answers another challenge than the key it attests',
    why: 'it may have been made long before, which is allowed; who pairs the two by their challenge wants to know',
    remedy: 'nothing, unless both were to answer one challenge',
  },
  ATTEST_KEY_MISMATCH: {
    ...BROKEN,
    text: 'an attestation key and the key it attests differ where they must agree',
    why: 'both keys live on one device and in one app, so levels, boot state, patch levels and app are the same',
    remedy: 'make a new attestation key after an update; otherwise treat it as an attack',
  },
  PROVISIONING_METHOD_UNKNOWN: {
    ...BROKEN,
    text: 'the certificate under the anchor is of no known provisioning method',
    why: 'factory and remotely provisioned chains have different rules for dates; guessing would skip them',
    remedy: 'keep the chain and report the model to us; it may be a new kind',
  },
  PROVISIONING_INCONSISTENT: {
    ...BROKEN,
    text: 'provisioning information stands where it cannot be',
    why: 'only the attestation certificate of a remotely provisioned chain carries it',
    remedy: TREAT_AS_ATTACK,
  },
  ATTESTATION_CERT_NOT_CA: {
    ...QUIRK,
    text: 'the attestation certificate of a factory chain has no CA flag',
    why: 'many phones of 2016 to 2019 were made so; the exact length of the chain guards instead',
    remedy: NOTHING,
  },
  LEAF_ISSUER_NAME: {
    ...QUIRK,
    text: "the issuer name of the leaf leaves out part of the attestation certificate's subject",
    why: 'two device models write only its serialNumber',
    remedy: NOTHING,
  },
  UNTRUSTED_ROOT: {
    ...ANCHOR,
    failureClass: 'UNSUPPORTED_DEVICE',
    text: 'the chain does not end at an anchor of this verifier',
    why: 'anyone can make a chain; only one that ends at a pinned key was made by a known maker',
    remedy:
      'see `attest anchors list`; devices without Google certification, emulators and unknown makers end elsewhere',
  },
  SOFTWARE_ROOT: {
    ...ANCHOR,
    failureClass: 'UNSUPPORTED_DEVICE',
    text: 'the chain ends at the published software key of AOSP',
    why: 'its private key is in the Android source code, so anyone can make such a chain and claim anything in it',
    remedy:
      'use a device with hardware-backed attestation; emulators and some custom builds have none',
  },
  ROOT_SELF_SIGNATURE: {
    ...ANCHOR,
    text: 'the root certificate sent carries the pinned key but was not signed by it',
    why: "the report quotes the certificate, so it must be what the key's owner wrote",
    remedy: TREAT_AS_ATTACK,
  },
  ANCHOR_NOT_ALLOWED: {
    ...ANCHOR,
    stage: 'policy',
    failureClass: 'UNSUPPORTED_DEVICE',
    text: 'the policy does not allow this anchor',
    why: 'the chain is genuine, but of a maker or environment this policy does not serve',
    remedy: 'use a device the policy is for, or a policy that admits the anchor',
  },
  SHAPE_NOT_ALLOWED: {
    ...ANCHOR,
    stage: 'policy',
    failureClass: 'UNSUPPORTED_DEVICE',
    text: 'the policy does not allow chains of this shape',
    why: 'a policy may insist on how device keys were provisioned',
    remedy: 'use a device the policy is for, or a policy that admits the shape',
  },
  ATTEST_KEY_NOT_ALLOWED: {
    ...ANCHOR,
    stage: 'policy',
    text: 'the policy does not allow attestation keys made by apps',
    why: 'they lengthen the chain by certificates the device minted itself',
    remedy:
      "attest with the device's own key (leave out setAttestKeyAlias), or use a policy that admits attest-key chains",
  },
  ROOT_CERT_UNKNOWN: {
    ...QUIRK,
    stage: 'anchor',
    text: 'the root certificate sent is new to us, but its key is pinned and signed it',
    why: "roots are reissued for the same key; four certificates exist for Google's RSA key",
    remedy: 'add the certificate to roots/ when its source is known',
  },
  ANCHOR_NOT_PRODUCTION: {
    ...QUIRK,
    stage: 'anchor',
    severity: 'review',
    layer: 'hardware-integrity',
    text: 'the anchor is not a production anchor',
    why: 'the private key of a development or test anchor is known, so the chain proves nothing about a real device',
    remedy: 'never rely on this report outside development',
  },
} as const satisfies Record<string, CodeEntry>;
