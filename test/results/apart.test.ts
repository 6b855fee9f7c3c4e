/** What signs one kind of thing signs no other: a device's statements, our documents, releases. */
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  DOCUMENT_KINDS,
  type DocumentKind,
  makeSigner,
  type SignedKind,
  toSigningKey,
  verifyDocument,
} from '../../src/results/index.ts';
import { type Evidence, signStatement } from '../../src/simulator/index.ts';
import { serve } from '../support/service.ts';
import { newFolder } from '../support/terminal.ts';
import { AT, attest, decidingCodes, makeWorld, reportOn, type World } from '../support/world.ts';

let world: World;
let evidence: Evidence;

beforeAll(async () => {
  world = await makeWorld('enigm-development');
  evidence = attest(world);
});

const KINDS = Object.keys(DOCUMENT_KINDS) as DocumentKind[];
const SIGNED = KINDS.filter((kind) => kind !== 'statement') as SignedKind[];

/** The very key of the device, as if it were one of ours: only the kind is left to tell them apart. */
function signerOfDevice() {
  const pem = evidence.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return makeSigner(toSigningKey(pem));
}

test.each(SIGNED)(
  'a statement of a device is no document of kind %s, even by a key of ours',
  (kind) => {
    const { keys } = signerOfDevice();
    const [key] = keys;
    const bare = signStatement(evidence, { at: AT });
    const named = signStatement(evidence, { at: AT, header: { kid: key?.kid } });
    for (const statement of [bare, named]) {
      expect(verifyDocument(kind, statement, { keys, now: AT })).toMatchObject({
        ok: false,
        fault: { code: 'TOKEN_TYPE' },
      });
    }
  },
);

describe.each(SIGNED)('a document of kind %s offered as a statement', (kind) => {
  test('is refused, even signed by the attested key', async () => {
    const nonce = Buffer.from(evidence.challenge).toString('base64url');
    const claims = { nonce, iat: AT / 1000, exp: AT / 1000 + 300, seq: 1 };
    const token = await signerOfDevice().signDocument(kind, claims);
    // Our documents name their key, which a statement does not; whether they do or not, their kind decides.
    const typed = signStatement(evidence, { at: AT, header: { typ: DOCUMENT_KINDS[kind].typ } });
    for (const statement of [token, typed]) {
      const report = reportOn(world, evidence, 'inspect', { statement });
      expect(decidingCodes(report)).toEqual(['STATEMENT_TYPE']);
    }
  });
});

test('a key of results that may sign releases as well is a fault of the configuration', async () => {
  const state = newFolder();
  await (await serve({ state })).close();
  const pem = readFileSync(path.join(state, 'result-key.pem'), 'utf8');
  const releaseKeys = path.join(state, 'releases.pem');
  const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' });
  writeFileSync(releaseKeys, publicPem as string);
  await expect(serve({ state, releaseKeys })).rejects.toThrow(
    /releaseKeys: .* which is one of resultKeys; releases and results are signed with keys of their own/,
  );
});
