/** What genuine devices do that a strict reader might refuse, and that needs no remark here. */

import { makeExtension, makeName, makeValidity } from '../certificate.ts';
import {
  ascii,
  bitString,
  generalizedTime,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  tlv,
} from '../der.ts';
import {
  integerField,
  octetsField,
  rootOfTrustField,
  setField,
  TAG,
  textField,
  withField,
  withoutField,
} from '../key-description.ts';
import { change, changeParts } from '../plan.ts';
import { changeDescription, changeHardware, changeSoftware, fromHex } from './changes.ts';
import type { Defect } from './defect.ts';
import { addExtension, replaceExtension } from './extensions.ts';

const FACTORY = { provisioning: 'factory' } as const;
const DAY_MS = 86_400_000;

/** GeneralName uniformResourceIdentifier; a test puts its own port in. */
const URL_NAME = tlv(0x86, ascii('http://127.0.0.1:00000/'));
/** RFC 5280 4.2.1.13 and 4.2.2.1. */
const DISTRIBUTION_POINTS = sequence(sequence(tlv(0xa0, tlv(0xa0, URL_NAME))));
const AUTHORITY_INFO_ACCESS = sequence(
  sequence(objectIdentifier('1.3.6.1.5.5.7.48.1'), URL_NAME),
  sequence(objectIdentifier('1.3.6.1.5.5.7.48.2'), URL_NAME),
);

export const GENUINE_QUIRKS: readonly Defect[] = [
  {
    name: 'quirk-unreadable-distribution-point',
    rule: 'B34',
    summary: 'a CRL distribution point of one zero octet on the leaf',
    expects: 'nothing',
    apply: (plan) => addExtension(plan, 0, makeExtension('2.5.29.31', Uint8Array.of(0x00))),
  },
  {
    name: 'quirk-empty-key-identifier',
    rule: 'B34',
    summary: 'an empty authorityKeyIdentifier',
    expects: 'nothing',
    apply: (plan) => addExtension(plan, 0, makeExtension('2.5.29.35', sequence())),
  },
  {
    name: 'quirk-key-usage-padding',
    rule: 'B33',
    summary: 'a keyUsage on the leaf with an octet too many, not critical',
    expects: 'nothing',
    apply: (plan) =>
      replaceExtension(
        plan,
        0,
        makeExtension('2.5.29.15', bitString(Uint8Array.of(0x80, 0x00), 7)),
      ),
  },
  {
    name: 'quirk-critical-key-description',
    rule: 'B10',
    summary: 'a KeyDescription marked critical',
    expects: 'nothing',
    apply: (plan) => {
      change(plan, 0, { isAttestationCritical: true });
    },
  },
  {
    name: 'quirk-name-constraints',
    rule: 'T04',
    summary: 'name constraints on the attestation certificate, critical, as one maker writes them',
    device: FACTORY,
    expects: 'nothing',
    apply: (plan) => addExtension(plan, 1, makeExtension('2.5.29.30', sequence(), true)),
  },
  {
    name: 'quirk-path-length',
    rule: 'T05',
    summary: 'a path length of zero on the intermediate, which the chain exceeds',
    device: FACTORY,
    expects: 'nothing',
    apply: (plan) =>
      replaceExtension(
        plan,
        2,
        makeExtension('2.5.29.19', sequence(tlv(0x01, Uint8Array.of(0xff)), integer(0)), true),
      ),
  },
  {
    name: 'quirk-unsorted-sets',
    rule: 'B17',
    summary: 'purposes 3, 2 and digests 4, 0',
    expects: 'nothing',
    apply: (plan) =>
      changeHardware(plan, (list) =>
        withField(withField(list, setField(TAG.purpose, [3, 2])), setField(TAG.digest, [4, 0])),
      ),
  },
  {
    name: 'quirk-no-curve',
    rule: 'T32',
    summary: 'an EC key without ecCurve, as StrongBox chips write it',
    expects: 'nothing',
    apply: (plan) => changeHardware(plan, (list) => withoutField(list, TAG.ecCurve)),
  },
  {
    name: 'quirk-negative-leaf-serial',
    rule: 'B25',
    summary: 'a leaf with a negative serial number of its app’s choosing',
    expects: 'nothing',
    apply: (plan) => changeParts(plan, 0, { serial: integer(-1) }),
  },
  {
    name: 'quirk-long-leaf-serial',
    rule: 'B25',
    summary: 'a leaf with a serial number of forty octets',
    expects: 'nothing',
    apply: (plan) => changeParts(plan, 0, { serial: integer(2n ** 319n - 1n) }),
  },
  {
    name: 'quirk-leaf-of-no-duration',
    rule: 'T14',
    summary: 'a leaf valid from 1970 to 1970',
    expects: 'nothing',
    apply: (plan) => changeParts(plan, 0, { validity: makeValidity(0, 0) }),
  },
  {
    name: 'quirk-leaf-from-the-future',
    rule: 'T14',
    summary: 'a leaf valid from two years hence, dates in mixed forms and in the wrong order',
    expects: 'nothing',
    apply: (plan, { at }) =>
      changeParts(plan, 0, {
        validity: sequence(generalizedTime(at + 730 * DAY_MS), time(at)),
      }),
  },
  {
    name: 'quirk-expired-factory',
    rule: 'T12',
    summary: 'a factory chain whose issuers expired years ago',
    device: FACTORY,
    expects: 'nothing',
    apply: (plan, { at }) => {
      for (const index of [1, 2]) {
        changeParts(plan, index, {
          validity: makeValidity(at - 4000 * DAY_MS, at - 300 * DAY_MS),
        });
      }
    },
  },
  {
    name: 'quirk-attestation-older-than-issuer',
    rule: 'T15',
    summary: 'an attestation certificate backdated to before its issuer',
    expects: 'nothing',
    apply: (plan, { at }) =>
      changeParts(plan, 1, { validity: makeValidity(at - 9 * DAY_MS, at + 5 * DAY_MS) }),
  },
  {
    name: 'quirk-attestation-signed-with-sha256-by-p384',
    rule: 'B28',
    summary: 'a P-384 key that signs with SHA-256, as factory intermediates do',
    device: FACTORY,
    expects: 'nothing',
    apply: () => {},
  },
  {
    name: 'quirk-day-zero',
    rule: 'T41',
    summary: 'a boot patch level of day 00',
    expects: 'nothing',
    apply: (plan) => patch(plan, 'bootPatchLevel', 20261000),
  },
  {
    name: 'quirk-short-vendor-patch',
    rule: 'B21',
    summary: 'a vendor patch level without day',
    expects: 'nothing',
    apply: (plan) => patch(plan, 'vendorPatchLevel', 202610),
  },
  {
    name: 'quirk-patch-of-next-month',
    rule: 'T41',
    summary: 'an OS patch level two months ahead, as pre-release builds have',
    expects: 'nothing',
    apply: (plan) => patch(plan, 'osPatchLevel', 202701),
  },
  {
    name: 'quirk-old-record',
    rule: 'B19',
    summary: 'a Keymaster 2 record: version 1, levels and boot state, no boot hash',
    expects: 'nothing',
    apply: (plan) =>
      changeDescription(plan, ({ bootedAs, hardwareEnforced }) => ({
        attestationVersion: 1,
        keyMintVersion: 2,
        hardwareEnforced: withField(
          hardwareEnforced,
          rootOfTrustField({ ...bootedAs, verifiedBootHash: null }),
        ),
      })),
  },
  {
    name: 'quirk-many-version-pairs',
    rule: 'B19',
    summary: 'attestation version 3 from Keymaster 4.1',
    expects: 'nothing',
    apply: (plan) => changeDescription(plan, () => ({ attestationVersion: 3, keyMintVersion: 41 })),
  },
  {
    name: 'quirk-urls-everywhere',
    rule: 'T24',
    summary:
      'distribution points and authority information access on every certificate but the root',
    expects: 'nothing',
    apply: (plan) => {
      for (let index = 0; index < plan.certificates.length - 1; index += 1) {
        addExtension(plan, index, makeExtension('2.5.29.31', DISTRIBUTION_POINTS));
        addExtension(plan, index, makeExtension('1.3.6.1.5.5.7.1.1', AUTHORITY_INFO_ACCESS));
      }
    },
  },
  {
    name: 'quirk-device-identifiers',
    rule: 'T42',
    summary: 'two IMEIs and a unique id, as privileged apps may ask for',
    expects: 'nothing',
    apply: (plan) => {
      changeDescription(plan, () => ({ uniqueId: fromHex('00112233445566778899aabbccddeeff') }));
      changeHardware(plan, (list) =>
        withField(
          withField(list, textField(TAG.attestationIdImei, '490154203237518')),
          textField(TAG.attestationIdSecondImei, '356938035643809'),
        ),
      );
    },
  },
  {
    name: 'quirk-odd-title',
    rule: 'T33',
    summary: 'factory certificates whose title names no level, as some TEEs write',
    device: FACTORY,
    expects: 'nothing',
    apply: (plan) => {
      const subject = makeName({ title: 'Something', serialNumber: 'ab12' });
      changeParts(plan, 1, { subject });
      changeParts(plan, 0, { issuer: subject });
    },
  },
  {
    name: 'quirk-unknown-purpose',
    rule: 'B19',
    summary: 'a purpose that KeyMint does not define yet',
    expects: 'nothing',
    apply: (plan) => changeHardware(plan, (list) => withField(list, setField(TAG.purpose, [99]))),
  },
  {
    name: 'quirk-huge-version-code',
    rule: 'B38',
    summary: 'an app version code beyond what doubles hold, and a name beyond ASCII',
    expects: 'nothing',
    apply: (plan) =>
      changeSoftware(plan, (list) =>
        withField(
          list,
          octetsField(
            TAG.attestationApplicationId,
            sequence(
              setOf(sequence(octetString(ascii('org.enigm.café')), integer(2n ** 63n - 1n))),
              setOf(octetString(new Uint8Array(32))),
            ),
          ),
        ),
      ),
  },
  {
    name: 'quirk-no-application-id',
    rule: 'T40',
    summary: 'no application id',
    expects: 'nothing',
    apply: (plan) =>
      changeSoftware(plan, (list) => withoutField(list, TAG.attestationApplicationId)),
  },
  {
    name: 'quirk-odd-provisioning-info',
    rule: 'B37',
    summary: 'a ProvisioningInfo with values of other types and keys yet unknown',
    expects: 'nothing',
    // CBOR {1: "x", 3: 5, 4: true, 6: 1, 99: null, "a": 1}
    apply: (plan) =>
      replaceExtension(
        plan,
        1,
        makeExtension(
          '1.3.6.1.4.1.11129.2.1.30',
          fromHex('a601617803050 4f506011863f6616101'.replaceAll(' ', '')),
        ),
      ),
  },
  {
    name: 'quirk-lost-device-info',
    rule: 'B37',
    summary: 'a ProvisioningInfo with every documented key',
    expects: 'nothing',
    // CBOR {1: 8, 2: true, 4: "TEE", 6: false}
    apply: (plan) =>
      replaceExtension(
        plan,
        1,
        makeExtension(
          '1.3.6.1.4.1.11129.2.1.30',
          fromHex('a4010802f504635445450 6f4'.replaceAll(' ', '')),
        ),
      ),
  },
  {
    name: 'quirk-attest-key-of-old-device',
    rule: 'T05',
    summary: 'an ATTEST_KEY chain of records that have no boot hash',
    policy: 'inspect',
    attest: { attestKeys: 1 },
    expects: 'nothing',
    apply: (plan) => {
      for (const index of [0, 1]) {
        changeDescription(
          plan,
          ({ bootedAs, hardwareEnforced }) => ({
            attestationVersion: 2,
            keyMintVersion: 3,
            hardwareEnforced: withField(
              hardwareEnforced,
              rootOfTrustField({ ...bootedAs, verifiedBootHash: null }),
            ),
          }),
          index,
        );
      }
    },
  },
  {
    name: 'quirk-zero-user-auth',
    rule: 'T39',
    summary: 'noAuthRequired beside a userAuthType of NONE',
    expects: 'nothing',
    apply: (plan) =>
      changeHardware(plan, (list) => withField(list, integerField(TAG.userAuthType, 0))),
  },
];

type Plan = Parameters<Defect['apply']>[0];

function patch(
  plan: Plan,
  name: 'osPatchLevel' | 'vendorPatchLevel' | 'bootPatchLevel',
  value: number,
): void {
  changeHardware(plan, (list) => withField(list, integerField(TAG[name], value)));
}
