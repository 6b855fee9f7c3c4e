/** What callers send against the schemas that are published: a second reader of JSON Schema agrees on every document. */
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { compileSchema } from '../../src/json-schema.ts';
import {
  CallerContextSchema,
  ContextSchema,
  VerifyRequestSchema,
} from '../../src/request/index.ts';

const SCHEMAS = { VerifyRequestSchema, CallerContextSchema, ContextSchema };

/** Members that are known, with values that may or may not fit, and a few that are not. */
const value = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ minLength: 250, maxLength: 260 }),
  fc.constantFrom('report', 'token', 'active', 'a\nb', '', null, true, 1, 0, 1.5, 202_611, -1),
  fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.integer()), { maxLength: 3 }),
);
const floor = fc.dictionary(fc.constantFrom('osVersion', 'osPatchLevel', 'other'), value, {
  maxKeys: 2,
});
const report = fc.record(
  {
    reportVersion: fc.constantFrom<unknown>(1, 2, '1'),
    keyDescription: fc.record({ hardwareEnforced: fc.oneof(floor, value) }, { requiredKeys: [] }),
    outcome: value,
  },
  { requiredKeys: [] },
);
const context = fc.dictionary(
  fc.constantFrom(...Object.keys(CallerContextSchema.properties), '__proto__', 'toString', 'x'),
  fc.oneof(value, floor, report),
  { maxKeys: 3 },
);
const request = fc
  .tuple(
    fc.dictionary(
      fc.constantFrom(...Object.keys(VerifyRequestSchema.properties), '__proto__', 'x'),
      fc.oneof(value, context),
      { maxKeys: 4 },
    ),
    fc.oneof(fc.constant({}), fc.record({ chain: value })),
  )
  .map(([members, chain]) => ({ ...members, ...chain }));

describe.each(Object.entries(SCHEMAS))('%s', (_, schema) => {
  test('two readers of JSON Schema accept the same documents', () => {
    const ours = compileSchema(schema);
    const other = Compile(schema as never);
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(request, context, value), (sent) => {
        const document: unknown = JSON.parse(JSON.stringify(sent));
        expect(ours.accepts(document)).toBe(other.Check(document));
        if (ours.accepts(document)) accepted += 1;
        else expect(ours.explain(document)[1]).not.toBe('');
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(10);
  });
});

describe('what is wrong', () => {
  const { explain } = compileSchema(VerifyRequestSchema);

  test.each([
    ['no chain', {}, null, "must have required property 'chain'"],
    ['no object', [], null, 'must be object'],
    ['a certificate that is no text', { chain: ['QUJD', 5] }, 'chain.1', 'must be string'],
    ['an unknown member', { chain: '', chains: '' }, 'chains', 'is not a known member'],
    [
      'an unknown member further in',
      { chain: '', context: { floor: { osVersion: 1, x: 1 } } },
      'context.floor.x',
      'is not a known member',
    ],
    [
      'another result',
      { chain: '', result: 'pdf' },
      'result',
      'must be one of "report", "token", "both", "record"',
    ],
    [
      'a report of another version',
      {
        chain: '',
        context: { lastReport: { reportVersion: 2, keyDescription: { hardwareEnforced: {} } } },
      },
      'context.lastReport.reportVersion',
      'must be 1',
    ],
  ])('%s', (_, document, member, text) => {
    expect(explain(document)).toEqual([member, text]);
  });
});
