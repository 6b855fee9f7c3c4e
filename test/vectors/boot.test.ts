/**
 * The point of the product: lock state, boot state and boot key, each polarity by itself, under each
 * policy. One row says everything about one device.
 */
import { beforeAll, expect, test } from 'vitest';
import type { Build } from '../../src/simulator/index.ts';
import { attest, decidingCodes, makeWorld, reportOn, type World } from '../support/world.ts';

let google: World;
let enigm: World;

beforeAll(async () => {
  google = await makeWorld('google-like');
  enigm = await makeWorld('enigm-development');
});

const LOCK = 'DEVICE_UNLOCKED';
const STATE = 'BOOT_STATE_NOT_VERIFIED';

/** locked, state, codes under android-hardware, codes under enigm-development with a known release. */
const ROWS: readonly [boolean, string, readonly string[], readonly string[]][] = [
  [true, 'Verified', [], []],
  [true, 'SelfSigned', [STATE], []],
  [true, 'Unverified', [STATE], [STATE]],
  [true, 'Failed', [STATE], [STATE]],
  [false, 'Verified', [LOCK, 'BOOT_KEY_EMPTY'], [LOCK, 'BOOT_KEY_EMPTY', 'RELEASE_UNKNOWN']],
  [
    false,
    'SelfSigned',
    [LOCK, STATE, 'BOOT_KEY_EMPTY'],
    [LOCK, 'BOOT_KEY_EMPTY', 'RELEASE_UNKNOWN'],
  ],
  [false, 'Unverified', [LOCK, STATE], [LOCK, STATE, 'RELEASE_UNKNOWN']],
  [false, 'Failed', [LOCK, STATE], [LOCK, STATE, 'RELEASE_UNKNOWN']],
];

const STATES = ['Verified', 'SelfSigned', 'Unverified', 'Failed'];

test.each(ROWS)('locked %s, %s', (deviceLocked, state, hardware, development) => {
  const device = { deviceLocked, verifiedBootState: STATES.indexOf(state) };
  const stock = reportOn(google, attest(google, device), 'android-hardware');
  expect(decidingCodes(stock)).toEqual(hardware);
  const released = reportOn(enigm, attest(enigm, device), 'enigm-development');
  expect(decidingCodes(released)).toEqual(development);
  const inspected = reportOn(google, attest(google, device), 'inspect');
  expect(inspected.outcome).toBe('accept');
  const layer = inspected.layers.find((each) => each.layer === 'verified-boot');
  expect(layer?.state).toBe(deviceLocked && state === 'Verified' ? 'satisfied' : 'degraded');
});

test('a stock phone is refused by the Enigm policies, verified or self-signed', () => {
  const stock: Build = {
    ...(enigm.simulator.options.builds[0] as Build),
    verifiedBootKey: new Uint8Array(32).fill(0x11),
  };
  for (const verifiedBootState of [0, 1]) {
    const evidence = attest(enigm, { build: stock, verifiedBootState });
    expect(decidingCodes(reportOn(enigm, evidence, 'enigm-development'))).toEqual([
      'RELEASE_UNKNOWN',
    ]);
  }
});

test('a boot key that is known with a vbmeta digest that is not is no known release', () => {
  const other: Build = {
    ...(enigm.simulator.options.builds[0] as Build),
    vbmetaDigest: new Uint8Array(32).fill(0x22),
  };
  const report = reportOn(enigm, attest(enigm, { build: other }), 'enigm-development');
  expect(decidingCodes(report)).toEqual(['RELEASE_UNKNOWN']);
});

test.each(['osPatchLevel', 'vendorPatchLevel', 'bootPatchLevel'] as const)(
  'the %s of a release is a floor: equal and newer pass, older does not',
  (name) => {
    const build = enigm.simulator.options.builds[0] as Build;
    const older = name === 'osPatchLevel' ? build[name] - 1 : build[name] - 100;
    const newer = name === 'osPatchLevel' ? build[name] + 1 : build[name] + 100;
    const codes = (value: number) =>
      decidingCodes(
        reportOn(enigm, attest(enigm, { build: { ...build, [name]: value } }), 'enigm-development'),
      );
    expect(codes(build[name])).toEqual([]);
    expect(codes(newer)).toEqual([]);
    expect(codes(older)).toEqual(['RELEASE_PATCH_OLDER']);
  },
);
