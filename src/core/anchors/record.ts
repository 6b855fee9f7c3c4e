/**
 * What is known of an anchor beside its key: whose it is, for which environment, and how its owner
 * makes chains. Names such as Droid CA2 stand in these records, not in code (roots/anchors.json).
 */

/** Where an anchor may be relied on. `test` is any set an operator gives on the command line. */
export type Environment = 'production' | 'development' | 'test';

/** How device keys were provisioned. */
export type Provisioning = 'factory' | 'remote';

/** Names of AOSP's SecurityLevel.aidl. */
export type SecurityLevel = 'Software' | 'TrustedEnvironment' | 'StrongBox';

/** How an anchor's owner makes chains of one provisioning method. */
export interface LayoutRecord {
  /**
   * Attributes by which the subject of the certificate under the anchor is recognised; null asks for
   * the attribute with any value.
   */
  readonly recognisedBy: Readonly<Record<string, string | null>>;
  /** Certificates between the leaf (or its ATTEST_KEYs) and the anchor, attestation included. */
  readonly issuers: number;
  /** Whether notAfter of those certificates decides. */
  readonly expiry: 'enforced' | 'ignored';
  /** Whether the attestation certificate may lack the CA flag (THREATS T04). */
  readonly attestationWithoutCaFlag: 'refused' | 'tolerated';
  /** Whether the leaf's issuer name may leave out attributes (THREATS T09). */
  readonly shortLeafIssuer: 'refused' | 'tolerated';
  readonly securityLevel: SecurityLevelNaming;
}

/** How issuing certificates name the security level of the keys below them. */
export interface SecurityLevelNaming {
  /** Certificates whose subject may name it, counted from the attestation certificate up. */
  readonly certificates: number;
  readonly attribute: string;
  /** Attribute values, case ignored, and what each stands for. */
  readonly values: Readonly<Record<string, SecurityLevel>>;
  /** Whether the certificates of a TEE always say so; StrongBox is always named. */
  readonly alwaysNamed: boolean;
}

export interface AnchorRecord {
  readonly id: string;
  readonly name: string;
  /** Who vouches for the devices below it. */
  readonly owner: string;
  readonly environment: Environment;
  /** Revocation feeds without which its chains cannot be judged. */
  readonly revocationFeeds: readonly string[];
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo all certificates below share. */
  readonly spkiSha256: string;
  readonly layouts: Readonly<Partial<Record<Provisioning, LayoutRecord>>>;
}
