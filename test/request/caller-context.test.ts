/** The member `context` of a request: strict, and turned into what judgement takes. */
import { describe, expect, test } from 'vitest';
import { NO_CALLER_CONTEXT } from '../../src/core/policy/index.ts';
import { checkCallerContext, parseVerifyRequest } from '../../src/request/index.ts';

const REPORT = {
  reportVersion: 1,
  outcome: 'accept',
  keyDescription: {
    attestationVersion: 400,
    hardwareEnforced: { osPatchLevel: 202610, origin: 'GENERATED' },
  },
};

test('nothing said is nothing known', () => {
  expect(checkCallerContext({})).toEqual(NO_CALLER_CONTEXT);
  const parsed = parseVerifyRequest('{"chain":["QUJD"]}');
  expect(parsed.ok && 'caller' in parsed.request).toBe(false);
});

test('everything, as judgement takes it', () => {
  const context = {
    handle: 'device-1',
    lifecycle: 'active',
    enrolled: true,
    channel: 'main',
    cohort: 'early',
    action: 'secure-call',
    floor: { osVersion: 160000, vendorPatchLevel: 20261005 },
    lastReport: REPORT,
  };
  const expected = {
    handle: 'device-1',
    lifecycle: 'active',
    enrolled: true,
    channel: 'main',
    cohort: 'early',
    action: 'secure-call',
    floors: [
      { source: 'caller', levels: { osVersion: 160000, vendorPatchLevel: 20261005 } },
      { source: 'last-report', levels: { osPatchLevel: 202610 } },
    ],
  };
  expect(checkCallerContext(context)).toEqual(expected);
  const parsed = parseVerifyRequest(JSON.stringify({ chain: ['QUJD'], context }));
  expect(parsed.ok && parsed.request.caller).toEqual(expected);
  expect(parsed.ok && parsed.request.context).toEqual({
    handle: 'device-1',
    action: 'secure-call',
  });
});

describe('what is refused, and where', () => {
  test.each<[unknown, string]>([
    [null, 'the context'],
    ['text', 'the context'],
    [{ trusted: true }, 'trusted is not a known member'],
    [{ enrolled: 'yes' }, 'enrolled'],
    [{ lifecycle: 'fine' }, 'lifecycle'],
    [{ action: '' }, 'action'],
    [{ cohort: '' }, 'cohort'],
    [{ cohort: 'a\u0000b' }, 'cohort'],
    [{ handle: 'x'.repeat(257) }, 'handle'],
    [{ floor: {} }, 'floor'],
    [{ floor: { osPatchLevel: 0 } }, 'floor.osPatchLevel'],
    [{ floor: { osPatchLevel: '202610' } }, 'floor.osPatchLevel'],
    [{ floor: { patch: 1 } }, 'floor.patch is not a known member'],
    [{ lastReport: { reportVersion: 2 } }, 'lastReport'],
    [{ lastReport: { ...REPORT, keyDescription: null } }, 'lastReport.keyDescription'],
  ])('%j', (context, fault) => {
    expect(checkCallerContext(context)).toEqual(expect.stringContaining(fault));
    const parsed = parseVerifyRequest(JSON.stringify({ chain: ['QUJD'], context }));
    expect(parsed).toMatchObject({ ok: false, fault: { code: 'REQUEST_INVALID' } });
    expect(!parsed.ok && parsed.fault.member).toMatch(/^context/);
  });
});
