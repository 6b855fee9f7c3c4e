/** The anchors of a simulated maker as a folder for `--anchors`, laid out like `roots/`. */
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadBuiltInAnchors } from '../sources/anchors.ts';
import type { Bytes } from './der.ts';
import { toPem } from './pem.ts';
import type { Pki } from './pki.ts';
import { REVOKED_SERIAL, SUSPENDED_SERIAL } from './simulated-lists.ts';

/** Which built-in anchor's record each root of a simulated maker takes the place of. */
const STANDS_FOR: Readonly<Record<Pki['anchor'], readonly string[]>> = {
  'google-like': ['google-ec', 'google-rsa'],
  'enigm-development': ['enigm-development'],
};

const FEED = 'simulated-status';

/** Writes anchors.json, the roots it names, and a revocation list that is always current. */
export function writeAnchorsFolder(folder: string, pki: Pki): void {
  const built = loadBuiltInAnchors('development').set.anchors;
  const anchors = pki.roots.map((der, index) => {
    const original = STANDS_FOR[pki.anchor][index];
    const record = built.find((each) => each.record.id === original)?.record;
    if (record === undefined) throw new RangeError(`no built-in anchor ${original}`);
    return describeAnchor(der, { ...record, id: `simulated-${record.id}` });
  });
  mkdirSync(path.join(folder, 'revocation'), { recursive: true });
  for (const { file, pem } of anchors) writeFileSync(path.join(folder, file), pem);
  writeJson(path.join(folder, 'anchors.json'), {
    format: 1,
    anchors: anchors.map(({ entry }) => entry),
  });
  writeJson(path.join(folder, 'revocation', 'simulated.json'), {
    format: 1,
    feed: FEED,
    anchors: anchors.map(({ entry }) => entry.id),
    asOf: null,
    source: 'made by the simulator',
    entries: [
      { status: 'REVOKED', reason: 'KEY_COMPROMISE', serials: REVOKED_SERIAL },
      { status: 'SUSPENDED', reason: null, serials: SUSPENDED_SERIAL },
    ],
  });
}

type BuiltInRecord = ReturnType<typeof loadBuiltInAnchors>['set']['anchors'][number]['record'];

function describeAnchor(der: Bytes, record: BuiltInRecord) {
  const certificate = new X509Certificate(der);
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  const file = `${record.id}.pem`;
  const entry = {
    ...record,
    name: `Simulated: ${record.name}`,
    environment: 'test',
    spkiSha256: sha256(spki),
    revocationFeeds: [FEED],
    certificates: [
      {
        file,
        sha256: sha256(der),
        notBefore: toSeconds(certificate.validFromDate),
        notAfter: toSeconds(certificate.validToDate),
        source: 'made by the simulator',
      },
    ],
    recorded: toSeconds(certificate.validFromDate).slice(0, 10),
  };
  return { file, entry, pem: toPem([der]) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function toSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function writeJson(file: string, document: unknown): void {
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
}
