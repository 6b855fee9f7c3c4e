/** Object identifiers to bytes and back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oid, toDotted } from '../../src/core/x509/index.ts';

test.each(['1.2.840.113549.1.1.11', '2.5.29.15', '0.9.2342', '2.999.3', '2.47.1'])(
  '%s',
  (dotted) => {
    const bytes = oid(dotted);
    expect(toDotted(bytes, 0, bytes.length)).toBe(dotted);
  },
);

test('round trips', () => {
  const arcs = fc.array(fc.nat(), { maxLength: 8 });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 39 }),
      arcs,
      (a, b, rest) => {
        const dotted = [a, b, ...rest].join('.');
        const bytes = oid(dotted);
        expect(toDotted(bytes, 0, bytes.length)).toBe(dotted);
      },
    ),
  );
});

test('an empty identifier has one joint arc of zero', () => {
  expect(toDotted(new Uint8Array(0), 0, 0)).toBe('0.0');
});
