/**
 * A local deny list: serial numbers, keys of attestation certificates or anchors (SHA-256 of their
 * SubjectPublicKeyInfo) and verified boot keys that an operator refuses, each with a reason of the
 * operator's own. It only adds: it stands in for no other list.
 */
import Type from 'typebox';
import type { DeniedKey, DeniedKind, StatusEntry } from '../../core/revocation/index.ts';
import { ConfigurationFault, parseDocument } from '../document.ts';
import { SourceFault } from './fault.ts';

const Reason = Type.Union([Type.String({ maxLength: 64 }), Type.Null()]);
const Serials = Type.Record(Type.String({ pattern: '^(0|[1-9a-f][0-9a-f]{0,39})$' }), Reason, {
  additionalProperties: false,
});
const Digests = Type.Record(Type.String({ pattern: '^[0-9a-f]{64}$' }), Reason, {
  additionalProperties: false,
});

const DenyListDocument = Type.Object(
  {
    format: Type.Literal(1),
    serials: Type.Optional(Serials),
    attestationKeys: Type.Optional(Digests),
    bootKeys: Type.Optional(Digests),
  },
  { additionalProperties: false },
);

export interface DenyList {
  readonly entries: readonly StatusEntry[];
  readonly deniedKeys: readonly DeniedKey[];
}

/** Throws `SourceFault`. */
export function parseDenyList(text: string): DenyList {
  try {
    const document = parseDocument(text, DenyListDocument, 'deny list');
    const entries = Object.entries(document.serials ?? {}).map(
      ([serial, reason]): StatusEntry => ({ serial, status: 'revoked', reason }),
    );
    return {
      entries,
      deniedKeys: [
        ...keysOf('attestation-key', document.attestationKeys),
        ...keysOf('boot-key', document.bootKeys),
      ],
    };
  } catch (error) {
    if (!(error instanceof ConfigurationFault)) throw error;
    throw new SourceFault('invalid', error.message, { cause: error });
  }
}

function keysOf(
  kind: DeniedKind,
  digests: Readonly<Record<string, string | null>> = {},
): readonly DeniedKey[] {
  return Object.entries(digests).map(([digest, reason]) => ({ kind, digest, reason }));
}
