/** Whether the key in the leaf is the key its description describes (THREATS T32). */
import { type FactValue, type Finding, finding } from '../base/index.ts';
import type { PublicKey } from '../x509/index.ts';
import type { DeviceDescription } from './device-description.ts';
import { describeEnum, type EnumName } from './enums.ts';

const PARAMETERS = ['algorithm', 'keySize', 'ecCurve', 'mlDsaVariant'] as const;
type Parameters = Readonly<Record<(typeof PARAMETERS)[number], FactValue>>;

const LISTS = ['hardwareEnforced', 'softwareEnforced'] as const;

/**
 * Compares every parameter that either list states: genuine StrongBox EC keys leave out ecCurve, and a
 * record made by software has everything in its own list.
 */
export function checkKeyParameters(
  description: DeviceDescription,
  key: PublicKey,
): readonly Finding[] {
  const actual = actualParameters(key);
  return LISTS.flatMap((list) => {
    const stated = statedParameters(description, list);
    return PARAMETERS.flatMap((name) => {
      const expected = actual[name];
      const got = stated[name];
      if (got === null || got === expected) return [];
      const place = { cert: 0, field: `${list}.${name}` };
      return [finding('KEY_PARAMS_INCONSISTENT', place, { expected, got })];
    });
  });
}

function statedParameters(
  description: DeviceDescription,
  list: 'softwareEnforced' | 'hardwareEnforced',
): Parameters {
  const { algorithm, keySize, ecCurve, mlDsaVariant } = description[list].fields;
  return {
    algorithm: nameOf('Algorithm', algorithm),
    keySize: keySize === undefined ? null : Number(keySize),
    ecCurve: nameOf('EcCurve', ecCurve),
    mlDsaVariant: nameOf('MlDsaVariant', mlDsaVariant),
  };
}

function actualParameters(key: PublicKey): Parameters {
  return {
    algorithm: key.algorithm.replace('-', '_'),
    keySize: 'size' in key ? key.size : null,
    ecCurve: 'curve' in key ? key.curve : null,
    mlDsaVariant: 'parameterSet' in key ? key.parameterSet.replaceAll('-', '_') : null,
  };
}

function nameOf(enumeration: EnumName, value: number | bigint | undefined): string | null {
  return value === undefined ? null : describeEnum(enumeration, value);
}
