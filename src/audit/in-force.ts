/**
 * Everything a verdict depends on beside its request, as one document of the archive that names its pieces by
 * digest: anchors, policies, registry, statement apps, the revocation snapshot.
 */
import type { AnchorRecord } from '../core/anchors/index.ts';
import { buildAnchorSet } from '../core/anchors/index.ts';
import { type Policy, preparePolicy } from '../core/policy/index.ts';
import type { ReleaseRegistry } from '../core/reference/index.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { Trust, TrustMaterial } from '../sources/trust.ts';
import type { Archive } from './archive.ts';

/** What was in force at once. */
interface InForce {
  readonly trust: Pick<Trust, 'environment' | 'defaultPolicy' | 'statementApps'>;
  readonly anchors: string;
  readonly policies: readonly string[];
  readonly registry: string | null;
  readonly snapshot: Omit<RevocationSnapshot, 'table'> & { readonly table: string };
}

/** What a verdict is derived from again. */
export interface KeptState {
  readonly trust: Trust;
  readonly revocation: RevocationSnapshot;
}

/** Keeps trust and snapshot; gives the digest of the document that names them. */
export async function keepInForce(
  archive: Archive,
  material: TrustMaterial,
  snapshot: RevocationSnapshot,
): Promise<string> {
  const { environment, defaultPolicy, statementApps, policies, registry, anchors } = material;
  const { table, ...described } = snapshot;
  const document: InForce = {
    trust: { environment, defaultPolicy, statementApps },
    anchors: await archive.putJson(toText(anchors)),
    policies: await Promise.all(policies.map((policy) => archive.putJson(policy))),
    registry: registry === null ? null : await archive.putJson(registry),
    // A private copy: shared memory cannot be digested off this thread.
    snapshot: { ...described, table: await archive.put(new Uint8Array(table).slice()) },
  };
  return archive.putJson(document);
}

/** Throws `ArchiveFault`. */
export async function readInForce(archive: Archive, digest: string): Promise<KeptState> {
  const kept = (await archive.getJson(digest)) as InForce;
  const anchors = fromText((await archive.getJson(kept.anchors)) as AnchorTexts);
  const policies = await Promise.all(kept.policies.map((each) => archive.getJson(each)));
  const prepared = policies.map((policy) => preparePolicy(policy as Policy));
  const bytes = await archive.get(kept.snapshot.table);
  const table = new SharedArrayBuffer(bytes.length);
  new Uint8Array(table).set(bytes);
  return {
    trust: {
      ...kept.trust,
      anchors: buildAnchorSet(anchors.anchors, anchors.softwareKeys),
      policies: new Map(prepared.map((policy) => [policy.policy.id, policy])),
      registry:
        kept.registry === null ? null : ((await archive.getJson(kept.registry)) as ReleaseRegistry),
    },
    revocation: { ...kept.snapshot, table },
  };
}

interface AnchorTexts {
  readonly anchors: readonly { readonly record: AnchorRecord; readonly certificates: string[] }[];
  readonly softwareKeys: readonly { id: string; spkiSha256: string; certificate: string }[];
}

function toText({ anchors, softwareKeys }: TrustMaterial['anchors']): AnchorTexts {
  return {
    anchors: anchors.map(({ record, certificates }) => ({
      record,
      certificates: certificates.map(toBase64),
    })),
    softwareKeys: softwareKeys.map((key) => ({ ...key, certificate: toBase64(key.certificate) })),
  };
}

function fromText({ anchors, softwareKeys }: AnchorTexts): TrustMaterial['anchors'] {
  return {
    anchors: anchors.map(({ record, certificates }) => ({
      record,
      certificates: certificates.map(fromBase64),
    })),
    softwareKeys: softwareKeys.map((key) => ({ ...key, certificate: fromBase64(key.certificate) })),
  };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
