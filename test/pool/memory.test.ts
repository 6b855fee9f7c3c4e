/** What a worker remembers never answers for anything else, and no flood makes it forget the good traffic. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type AnchorSet, buildAnchorSet } from '../../src/core/anchors/index.ts';
import { judge } from '../../src/core/judge.ts';
import { NO_LINKS, type VerifiedLink } from '../../src/core/path/index.ts';
import { type ProofMemory, prove } from '../../src/core/prove.ts';
import { toReportText } from '../../src/core/report/index.ts';
import { createMemory } from '../../src/pool/memory.ts';
import { DEFECTS } from '../../src/simulator/index.ts';
import { attest, contextIn, makeWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('google-like', 'memory');
});

const SIGNATURES = { remote: 4, factory: 2 } as const;

function signaturesFor(chain: readonly Uint8Array[], memory: ProofMemory, anchors = world.anchors) {
  const { path, effort } = prove(chain, anchors, memory);
  return { ok: path.ok, signatures: effort.signaturesChecked };
}

/** A whole proof is kept when its chain comes for the second time. */
function learn(chain: readonly Uint8Array[], memory: ProofMemory) {
  prove(chain, world.anchors, memory);
  return prove(chain, world.anchors, memory);
}

/** The same anchors, loaded anew. */
function reload(keep: (id: string) => boolean = () => true): AnchorSet {
  const sources = world.anchors.anchors
    .filter(({ record }) => keep(record.id))
    .map(({ record, certificates }) => ({
      record,
      certificates: certificates.map(({ bytes }) => bytes),
    }));
  return buildAnchorSet(sources, []);
}

function flip(der: Uint8Array, at: number): Uint8Array {
  return der.with(at, (der.at(at) as number) ^ 1);
}

describe('what is verified once is not verified again', () => {
  test('a new device costs two signatures, a known one its leaf, a known chain none', () => {
    const memory = createMemory();
    const device = world.simulator.device({ provisioning: 'remote' });
    const { chain } = device.attest();
    expect(signaturesFor(chain, memory).signatures).toBe(SIGNATURES.remote);
    // Of what comes once only the uppers are kept.
    expect(signaturesFor(chain, memory)).toEqual({ ok: true, signatures: 2 });
    expect(signaturesFor(chain, memory)).toEqual({ ok: true, signatures: 0 });
    expect(signaturesFor(device.attest().chain, memory)).toEqual({ ok: true, signatures: 1 });
    const other = attest(world, { provisioning: 'remote' });
    expect(signaturesFor(other.chain, memory)).toEqual({ ok: true, signatures: 2 });
  });

  test('leaves and ATTEST_KEYs are never remembered', () => {
    const memory = createMemory();
    const kept: string[] = [];
    const watched: ProofMemory = {
      ...memory,
      links: {
        ...memory.links,
        keep: (link, kind) => kept.push(kind) && memory.links.keep(link, kind),
      },
    };
    const { chain } = attest(world, {}, { attestKeys: 2 });
    for (let times = 0; times < 2; times += 1) {
      expect(prove(chain, world.anchors, watched).path.ok).toBe(true);
    }
    expect(kept.toSorted()).toEqual(['attestation', 'upper', 'upper']);
    for (const der of chain.slice(0, 3)) expect(memory.links.recall(der)).toBeUndefined();
  });
});

test('where nothing is to be remembered, nothing is', () => {
  const { chain } = attest(world);
  const kept: VerifiedLink[] = [];
  const { links } = createMemory();
  const watched = { ...links, keep: (link: VerifiedLink) => kept.push(link) };
  prove(chain, world.anchors, { ...createMemory(), links: watched });
  const [link] = kept;
  if (link === undefined) throw new Error('nothing was kept');
  NO_LINKS.keep(link, 'upper');
  expect(NO_LINKS.recall(link.certificate.bytes)).toBeUndefined();
});

describe('nothing is answered from memory wrongly', () => {
  test('one bit changed in any certificate', () => {
    const memory = createMemory();
    const { chain } = attest(world);
    learn(chain, memory);
    for (const [cert, der] of chain.entries()) {
      for (const at of [10, der.length >> 1, der.length - 3]) {
        expect(signaturesFor(chain.with(cert, flip(der, at)), memory).ok, `${cert} ${at}`).toBe(
          false,
        );
      }
    }
  });

  test('an issuer of the same name and key with another signature', () => {
    const memory = createMemory();
    const { chain } = attest(world);
    learn(chain, memory);
    const forged = flip(chain[1] as Uint8Array, -1);
    expect(prove(chain.with(1, forged), world.anchors, memory).path).toMatchObject({
      ok: false,
      finding: { code: 'SIGNATURE_INVALID', at: { cert: 1 } },
    });
    expect(memory.links.recall(forged)).toBeUndefined();
  });

  test('links and proofs of one set of anchors, asked under another', () => {
    const memory = createMemory();
    const { chain } = attest(world);
    learn(chain, memory);
    expect(signaturesFor(chain, memory, reload())).toEqual({
      ok: true,
      signatures: SIGNATURES.remote,
    });
  });

  test('an anchor that a reload removed', () => {
    const memory = createMemory();
    const { chain } = attest(world);
    const proof = learn(chain, memory);
    if (!proof.path.ok) throw new Error('not proved');
    const { id } = proof.path.value.anchor.record;
    const without = reload((each) => each !== id);
    expect(prove(chain, without, memory).path).toMatchObject({
      ok: false,
      finding: { code: 'UNTRUSTED_ROOT' },
    });
  });

  test('a prefix of a known chain, and the same bytes cut elsewhere', () => {
    const memory = createMemory();
    const { chain } = attest(world, {}, { attestKeys: 1 });
    const whole = learn(chain, memory);
    const [a = new Uint8Array(), b = new Uint8Array(), ...rest] = chain;
    const joined = [new Uint8Array(Buffer.concat([a, b])), ...rest];
    expect(signaturesFor(joined, memory).ok).toBe(false);
    const shorter = prove(chain.slice(0, -2), world.anchors, memory);
    expect(shorter.evidenceDigest).not.toBe(whole.evidenceDigest);
    expect(shorter.path.ok).toBe(false);
  });

  test('another proof whose digest begins alike', () => {
    const memory = createMemory();
    const proof = prove(attest(world).chain, world.anchors, memory);
    const [known, other] = ['0', '1'].map((end) => `${'f'.repeat(63)}${end}`) as [string, string];
    const kept = { ...proof, evidenceDigest: known };
    for (let seen = 0; seen < 2; seen += 1) memory.keep(kept, world.anchors);
    expect(memory.recall(known, world.anchors)).toBe(kept);
    expect(memory.recall(other, world.anchors)).toBeUndefined();
    const later = { ...proof, evidenceDigest: other };
    for (let seen = 0; seen < 2; seen += 1) memory.keep(later, world.anchors);
    expect(memory.recall(other, world.anchors)).toBe(later);
    expect(memory.recall(known, world.anchors)).toBeUndefined();
  });

  test('the buffers a request came in, overwritten', () => {
    const memory = createMemory();
    const evidence = attest(world);
    const expected = toReportText(
      judge(prove(evidence.chain, world.anchors), contextIn(world, 'android-hardware', evidence)),
      {},
    );
    const sent = evidence.chain.map((der) => der.slice());
    const proofs = [prove(sent, world.anchors, memory), prove(sent, world.anchors, memory)];
    for (const der of sent) der.fill(0xff);
    const later = [evidence, evidence].map(({ chain }) => prove(chain, world.anchors, memory));
    for (const each of [...proofs, ...later]) {
      const report = judge(each, contextIn(world, 'android-hardware', evidence));
      expect(toReportText(report, each.parts)).toBe(expected);
      expect(JSON.stringify(report)).toBe(expected);
    }
  });

  test('a proof judged under policies that show and hide identifiers', () => {
    const memory = createMemory();
    const evidence = attest(world, {}, { defect: 'quirk-device-identifiers' });
    const hidden = contextIn(world, 'inspect', evidence);
    const policy = { ...hidden.policy.policy, exposeDeviceIdentifiers: true };
    const shown = { ...hidden, policy: { ...hidden.policy, policy } };
    for (const context of [shown, hidden, shown, hidden, shown, hidden]) {
      const proof = prove(evidence.chain, world.anchors, memory);
      const report = judge(proof, context);
      expect(toReportText(report, proof.parts)).toBe(
        JSON.stringify(judge(prove(evidence.chain, world.anchors), context)),
      );
    }
  });
});

describe('what is read of a record is shared only where it is the same for many', () => {
  function listsOf(defect?: string) {
    const memory = createMemory();
    const device = world.simulator.device({ provisioning: 'remote' });
    return Array.from({ length: 2 }, () => {
      const { chain } = device.attest(defect === undefined ? {} : { defect });
      const { keyDescription, provisioningInfo } = prove(chain, world.anchors, memory);
      if (!keyDescription?.ok) throw new Error('not read');
      const { softwareEnforced, hardwareEnforced } = keyDescription.value;
      const app = softwareEnforced.fields.attestationApplicationId;
      return { list: hardwareEnforced, app, provisioningInfo };
    });
  }

  test('two keys of one app on one build', () => {
    const [one, other] = listsOf();
    expect(one?.list.shared).toBe(true);
    expect(other?.list).toBe(one?.list);
    expect(other?.app).toBe(one?.app);
    expect(other?.provisioningInfo).toBe(one?.provisioningInfo);
  });

  test.each(['quirk-device-identifiers', 'quirk-unknown-tag', 'quirk-brand-of-other-type'])(
    '%s: of this record alone',
    (defect) => {
      const [one, other] = listsOf(defect);
      expect(one?.list.shared).toBeUndefined();
      expect(other?.list).not.toBe(one?.list);
    },
  );

  test('with room for one, the last', () => {
    const memory = createMemory({ uppers: 4, attestations: 4, proofs: 4, descriptions: 1 });
    const { hardwareLists } = memory.descriptions;
    const list = { fields: {}, unknownTags: [], malformed: [], tagOrder: [] };
    hardwareLists.keep(Uint8Array.of(1), list);
    hardwareLists.keep(Uint8Array.of(2), list);
    expect(hardwareLists.recall(Uint8Array.of(1))).toBeUndefined();
    expect(hardwareLists.recall(Uint8Array.of(2))).toBe(list);
  });
});

describe('a memory is bounded', () => {
  test('at capacity it forgets the least used, and goes on verifying', () => {
    const memory = createMemory({ uppers: 2, attestations: 1, proofs: 1, descriptions: 1 });
    const first = attest(world);
    const second = attest(world);
    for (const { chain } of [first, second]) learn(chain, memory);
    expect(signaturesFor(first.chain, memory)).toEqual({ ok: true, signatures: 2 });
  });

  test('a flood of junk leaves the hits of good traffic as they were', () => {
    const memory = createMemory({ uppers: 4, attestations: 4, proofs: 4, descriptions: 4 });
    const device = world.simulator.device({ provisioning: 'remote' });
    const good = device.attest();
    learn(good.chain, memory);
    let refused = 0;
    for (const defect of DEFECTS) {
      const { chain } = attest(world, defect.device, { ...defect.attest, defect: defect.name });
      if (!prove(chain, world.anchors).path.ok) {
        refused += 1;
        prove(chain, world.anchors, memory);
      }
    }
    expect(refused).toBeGreaterThan(50);
    expect(signaturesFor(good.chain, memory).signatures).toBe(0);
    expect(signaturesFor(device.attest().chain, memory).signatures).toBe(1);
  });
});

test('every one of many chains that come round again is remembered', () => {
  const memory = createMemory();
  const chains = Array.from({ length: 400 }, () => attest(world).chain);
  for (let round = 0; round < 2; round += 1) {
    for (const chain of chains) prove(chain, world.anchors, memory);
  }
  const again = chains.map((chain) => prove(chain, world.anchors, memory));
  expect(again.filter(({ recalled }) => recalled === undefined)).toHaveLength(0);
});
