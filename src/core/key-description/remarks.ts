/** Remarks on how a device wrote its KeyDescription: tolerated, and said so. */
import { type Finding, finding } from '../base/index.ts';
import { type AuthorizationList, isAscending } from './authorization-list.ts';

/** Schema versions with a published definition (AOSP keystore attestation schema). */
const KNOWN_VERSIONS: ReadonlySet<number> = new Set([1, 2, 3, 4, 100, 200, 300, 400, 500]);

/** The first version whose RootOfTrust has a verifiedBootHash. */
const BOOT_HASH_SINCE = 3;

/** What remarks are made on: the part of a KeyDescription that devices write in ways of their own. */
interface WrittenDescription {
  readonly attestationVersion: number;
  readonly softwareEnforced: AuthorizationList;
  readonly hardwareEnforced: AuthorizationList;
}

export function remarkOn(description: WrittenDescription, cert: number): readonly Finding[] {
  const { attestationVersion, softwareEnforced, hardwareEnforced } = description;
  const remarks: Finding[] = [];
  if (!KNOWN_VERSIONS.has(attestationVersion)) {
    remarks.push(
      finding(
        'K_VERSION_UNKNOWN',
        { cert, field: 'attestationVersion' },
        { got: attestationVersion },
      ),
    );
  }
  remarkOnList(softwareEnforced, 'softwareEnforced', cert, remarks);
  remarkOnList(hardwareEnforced, 'hardwareEnforced', cert, remarks);
  const { rootOfTrust, creationDateTime } = hardwareEnforced.fields;
  if (rootOfTrust?.lockedIsLenient) {
    remarks.push(finding('K_BOOL_NON_DER', { cert, field: 'hardwareEnforced.rootOfTrust' }));
  }
  if (rootOfTrust?.verifiedBootHash === null && attestationVersion >= BOOT_HASH_SINCE) {
    remarks.push(finding('K_BOOT_HASH_ABSENT', { cert, field: 'hardwareEnforced.rootOfTrust' }));
  }
  if (softwareEnforced.fields.rootOfTrust !== undefined) {
    const field = 'softwareEnforced.rootOfTrust';
    remarks.push(finding('K_ROOT_OF_TRUST_IN_SOFTWARE', { cert, field }));
  }
  if (creationDateTime !== undefined) {
    const field = 'hardwareEnforced.creationDateTime';
    remarks.push(finding('K_CREATION_TIME_IN_HARDWARE', { cert, field }));
  }
  return remarks;
}

function remarkOnList(
  list: AuthorizationList,
  name: string,
  cert: number,
  remarks: Finding[],
): void {
  if (!isAscending(list.tagOrder)) remarks.push(finding('K_TAG_ORDER', { cert, field: name }));
  for (const { tag, offset } of list.unknownTags) {
    remarks.push(finding('K_UNKNOWN_TAG', { cert, offset, field: name }, { got: tag }));
  }
  for (const { name: field, offset } of list.malformed) {
    remarks.push(finding('K_FIELD_MALFORMED', { cert, offset, field: `${name}.${field}` }));
  }
}
