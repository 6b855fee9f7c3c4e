/** Simulated devices: what their hardware and bootloader would tell keystore. */
import type { Bytes } from './der.ts';
import {
  applicationIdField,
  type Description,
  type Field,
  integerField,
  nullField,
  octetsField,
  type RootOfTrustValues,
  rootOfTrustField,
  setField,
  TAG,
  textField,
} from './key-description.ts';
import type { KeyKind } from './key-pair.ts';

export type Level = 'TrustedEnvironment' | 'StrongBox';

/** A build of an operating system, as devices report it. */
export interface Build {
  readonly name: string;
  readonly model: string;
  readonly manufacturer: string;
  readonly verifiedBootKey: Bytes;
  readonly vbmetaDigest: Bytes;
  readonly osVersion: number;
  readonly osPatchLevel: number;
  readonly vendorPatchLevel: number;
  readonly bootPatchLevel: number;
}

export interface DeviceState {
  readonly build: Build;
  readonly level: Level;
  /** 0 Verified, 1 SelfSigned, 2 Unverified, 3 Failed. */
  readonly verifiedBootState: number;
  readonly deviceLocked: boolean;
  /** Schema and KeyMint version. */
  readonly version: number;
}

export interface AppIdentity {
  readonly packageName: string;
  readonly version: number;
  readonly signerDigest: Bytes;
}

/** What the caller of keystore asks for. */
export interface KeyRequest {
  readonly kind: KeyKind;
  /** KeyPurpose values. */
  readonly purposes: readonly number[];
  readonly challenge: Bytes;
  readonly createdAt: number;
}

const LEVELS = { TrustedEnvironment: 1, StrongBox: 2 } as const;

/** What such a device writes about such a key. */
export function describeKey(device: DeviceState, app: AppIdentity, key: KeyRequest): Description {
  const level = LEVELS[device.level];
  const bootedAs = rootOfTrustOf(device);
  return {
    bootedAs,
    attestationVersion: device.version,
    attestationSecurityLevel: level,
    keyMintVersion: device.version,
    keyMintSecurityLevel: level,
    attestationChallenge: key.challenge,
    uniqueId: new Uint8Array(0),
    softwareEnforced: [
      integerField(TAG.creationDateTime, key.createdAt),
      applicationIdField([{ name: app.packageName, version: app.version }], [app.signerDigest]),
      ...(device.version >= 400 ? [octetsField(TAG.moduleHash, moduleHashOf(device))] : []),
    ],
    hardwareEnforced: [
      setField(TAG.purpose, key.purposes),
      ...describeAlgorithm(key.kind),
      nullField(TAG.noAuthRequired),
      integerField(TAG.origin, 0),
      rootOfTrustField(bootedAs),
      integerField(TAG.osVersion, device.build.osVersion),
      integerField(TAG.osPatchLevel, device.build.osPatchLevel),
      textField(TAG.attestationIdManufacturer, device.build.manufacturer),
      textField(TAG.attestationIdModel, device.build.model),
      integerField(TAG.vendorPatchLevel, device.build.vendorPatchLevel),
      integerField(TAG.bootPatchLevel, device.build.bootPatchLevel),
    ],
  };
}

/** An unlocked bootloader reports a key of zeros, and the digest of whatever it started. */
function rootOfTrustOf({ build, verifiedBootState, deviceLocked }: DeviceState): RootOfTrustValues {
  return {
    verifiedBootKey: deviceLocked ? build.verifiedBootKey : new Uint8Array(32),
    deviceLocked: deviceLocked ? 0xff : 0x00,
    verifiedBootState,
    verifiedBootHash: build.vbmetaDigest,
  };
}

function describeAlgorithm(kind: KeyKind): Field[] {
  const sha256 = setField(TAG.digest, [4]);
  switch (kind) {
    case 'P_256':
    case 'P_384':
    case 'P_521': {
      const [curve, size] = { P_256: [1, 256], P_384: [2, 384], P_521: [3, 521] }[kind] as [
        number,
        number,
      ];
      return [
        integerField(TAG.algorithm, 3),
        integerField(TAG.keySize, size),
        sha256,
        integerField(TAG.ecCurve, curve),
      ];
    }
    case 'RSA_1024':
    case 'RSA_2048':
      return [
        integerField(TAG.algorithm, 1),
        integerField(TAG.keySize, kind === 'RSA_2048' ? 2048 : 1024),
        sha256,
        setField(TAG.padding, [5]),
        integerField(TAG.rsaPublicExponent, 65537),
      ];
    case 'ML_DSA_44':
    case 'ML_DSA_65':
      return [
        integerField(TAG.algorithm, 4),
        setField(TAG.digest, [0]),
        integerField(TAG.mlDsaVariant, 1),
      ];
  }
}

/** The same for all devices of a build. */
function moduleHashOf({ build }: DeviceState): Bytes {
  return build.vbmetaDigest.toReversed();
}
