/** Which device, system and modules (THREATS T41, T42). */
import { type Finding, finding, toHex } from '../../base/index.ts';
import { FIELDS, type FieldName, type FieldSpec } from '../../key-description/index.ts';
import type { DeviceIdName, PolicyRules } from '../policy.ts';
import type { Subject } from '../subject.ts';

/** Where an identifier may stand: a device has up to two IMEIs. */
const FIELDS_OF: Readonly<
  Record<DeviceIdName, readonly Extract<FieldName, `attestationId${string}`>[]>
> = {
  Brand: ['attestationIdBrand'],
  Device: ['attestationIdDevice'],
  Product: ['attestationIdProduct'],
  Manufacturer: ['attestationIdManufacturer'],
  Model: ['attestationIdModel'],
  Serial: ['attestationIdSerial'],
  Imei: ['attestationIdImei', 'attestationIdSecondImei'],
  Meid: ['attestationIdMeid'],
};

/** In one order, whichever the document has. */
const DEVICE_IDS = Object.keys(FIELDS_OF) as readonly DeviceIdName[];

/** Hardware list only. What identifies one device is never repeated in a finding. */
export function checkDeviceIds(
  { description }: Subject,
  { expected }: PolicyRules['deviceIds'],
): Finding[] {
  const { fields } = description.hardwareEnforced;
  return DEVICE_IDS.flatMap((id) => {
    const values = expected[id];
    if (values === undefined) return [];
    const names = FIELDS_OF[id];
    const attested = names.map((name) => fields[name]).filter((value) => value !== undefined);
    if (attested.some((value) => values.includes(value))) return [];
    const [name] = names as [FieldName];
    const place = { cert: 0, field: `hardwareEnforced.${name}` };
    const spec: FieldSpec = FIELDS[name];
    const comparison = spec.identifies
      ? {}
      : { expected: values.join(', '), got: attested[0] ?? null };
    return [finding('DEVICE_ID_MISMATCH', place, comparison)];
  });
}

/** 0 stands where the maker wrote none. */
export function checkOsVersion(
  { description }: Subject,
  { minimum }: PolicyRules['osVersion'],
): Finding[] {
  const { osVersion = 0 } = description.hardwareEnforced.fields;
  const place = { cert: 0, field: 'hardwareEnforced.osVersion' };
  if (osVersion >= minimum && osVersion > 0) return [];
  const comparison = { expected: minimum, got: String(osVersion) };
  return [
    finding(osVersion === 0 ? 'OS_VERSION_MISSING' : 'OS_VERSION_TOO_OLD', place, comparison),
  ];
}

/** The system writes it, into the software list (THREATS T26). */
export function checkModuleHash(
  { description }: Subject,
  { allowed }: PolicyRules['moduleHash'],
): Finding[] {
  const { moduleHash } = description.softwareEnforced.fields;
  const got = moduleHash === undefined ? null : toHex(moduleHash);
  if (got !== null && allowed.includes(got)) return [];
  return [
    finding('MODULE_HASH_NOT_ALLOWED', { cert: 0, field: 'softwareEnforced.moduleHash' }, { got }),
  ];
}
