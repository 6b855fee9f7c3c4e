/** `attest policy`: list, show, check, schema, try. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { rejudge, verdictOf } from '../../src/cli/policy/rejudge.ts';
import type { Policy } from '../../src/core/policy/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { DEFECTS, type Evidence, toPem } from '../../src/simulator/index.ts';
import { attest as runCommand } from '../support/terminal.ts';
import { attest, codesOf, makeWorld, policyNamed, reportOn, type World } from '../support/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-cli-policy-'));

const AN_UNREADABLE_CHAIN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('list, show, check, schema', () => {
  test('list names every policy with version and digest', async () => {
    const { exitCode, out } = await runCommand(['policy', 'list']);
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/^inspect +1 +[0-9a-f]{12} /)]);
    const json = JSON.parse((await runCommand(['policy', 'list', '--format', 'json'])).out);
    expect(json).toContainEqual(
      expect.objectContaining({ id: 'android-hardware', isDefault: true }),
    );
  });

  test('what show prints, check accepts', async () => {
    const { out } = await runCommand(['policy', 'show', 'android-hardware']);
    const file = write('mine.json', out.replace('"android-hardware"', '"mine"'));
    const checked = await runCommand(['policy', 'check', file]);
    expect([checked.exitCode, checked.out]).toEqual([
      0,
      expect.stringMatching(/^sound {2}mine 1 /),
    ]);
    expect(checked.out).toContain('Rejects unless the bootloader is locked.');
    expect(checked.out).toContain('Does not look at provisioning');
  });

  test('check says every rule in a sentence, also those that no built-in policy asks', async () => {
    const policy = JSON.parse(JSON.stringify(policyNamed('enigm-production'))) as Policy;
    const rules = {
      ...policy.rules,
      bootKeyDenied: { severity: 'reject', keys: ['00ff'] },
      bootKeyAllowed: { severity: 'review', keys: ['00fe'], releases: [] },
      keyAlgorithm: { severity: 'info', allowed: ['EC', 'RSA'] },
      keySize: { severity: 'inconclusive', curves: ['P_256', 'P_384'], minimumRsaBits: 3072 },
      userAuthRequired: { severity: 'reject', factor: 'biometric', use: 'each' },
      application: {
        severity: 'reject',
        allowed: [
          {
            packages: [{ name: 'com.example.app', minimumVersion: 7 }],
            signerDigests: ['ab'.repeat(32)],
          },
        ],
      },
      deviceIds: { severity: 'reject', expected: { Model: ['Phone A', 'Phone B'] } },
    };
    const file = write(
      'strict.json',
      JSON.stringify({ ...policy, id: 'strict', expires: '2999-01-01T00:00:00Z', rules }),
    );
    const { exitCode, out } = await runCommand(['policy', 'check', file]);
    const text = out.replaceAll(/\s+/g, ' ');
    expect(exitCode).toBe(0);
    for (const sentence of [
      'until 2999-01-01T00:00:00Z.',
      'Needs a challenge that this service issued.',
      'Rejects unless the boot key is none of 1 denied keys.',
      'Asks for review unless the boot key is one of 1 allowed keys.',
      'Remarks unless the key is EC or RSA.',
      'Leaves the outcome open unless an EC key is on P_256 or P_384 and an RSA key has at least 3072 bits.',
      'Rejects unless each use of the key needs the user’s biometric and nothing else will do.',
      'Rejects unless the key was made on a verified boot by com.example.app (version 7 or later), signed by abababababab….',
      'Rejects unless the device attests as model Phone A or Phone B.',
    ]) {
      expect(text).toContain(sentence);
    }
  });

  test('check refuses with file, place and reason', async () => {
    const file = write('bad.json', JSON.stringify({ ...policyNamed('inspect'), extra: 1 }));
    const { exitCode, err } = await runCommand(['policy', 'check', file]);
    expect([exitCode, err]).toEqual([78, `error: ${file}: extra is not a known member\n`]);
    expect((await runCommand(['policy', 'check', 'nobody'])).exitCode).toBe(78);
  });

  test('check, verify and try refuse a document that takes the id of a built-in policy', async () => {
    const file = write('taken.json', JSON.stringify(policyNamed('android-hardware')));
    const chain = write('taken.pem', AN_UNREADABLE_CHAIN);
    for (const args of [
      ['policy', 'check', file],
      ['verify', chain, '--policy', file],
      ['policy', 'try', file, '--against', chain],
    ]) {
      const { exitCode, err } = await runCommand(args);
      expect([exitCode, err]).toEqual([
        78,
        `error: ${file}: id android-hardware is taken by a built-in policy; give it one of its own\n`,
      ]);
    }
  });

  test('check and verify refuse a document that names what does not exist', async () => {
    const policy = policyNamed('android-hardware');
    const anchor = { ...policy.rules.anchor, owners: ['Nobody'] };
    const rules = { ...policy.rules, anchor };
    const file = write('names.json', JSON.stringify({ ...policy, id: 'names', rules }));
    const chain = write('any.pem', AN_UNREADABLE_CHAIN);
    for (const args of [
      ['policy', 'check', file],
      ['verify', chain, '--policy', file],
    ]) {
      const { exitCode, err } = await runCommand(args);
      expect([exitCode, err]).toEqual([78, expect.stringContaining('names "Nobody"')]);
    }
  });

  test('verify takes a document, where it exists', async () => {
    const elsewhere = { ...policyNamed('inspect'), id: 'mine', environments: ['development'] };
    const chain = write(
      'any.pem',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    );
    const file = write('elsewhere.json', JSON.stringify(elsewhere));
    const refused = await runCommand(['verify', chain, '--policy', file]);
    expect([refused.exitCode, refused.err]).toEqual([
      78,
      expect.stringContaining('policy mine exists in development, and this is production'),
    ]);
    const here = write('here.json', JSON.stringify({ ...elsewhere, environments: ['production'] }));
    const judged = await runCommand(['verify', chain, '--policy', here, '--format', 'json']);
    expect([judged.exitCode, JSON.parse(judged.out).policy.id]).toEqual([1, 'mine']);
  });

  test('schema prints a JSON Schema', async () => {
    const schema = JSON.parse((await runCommand(['policy', 'schema'])).out);
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Policy',
      additionalProperties: false,
    });
    expect(schema.properties.rules.required).toContain('keySize');
  });
});

describe('try', () => {
  let world: World;
  let good: Evidence;
  let bad: Evidence;
  let candidate: string;
  const strict: Policy = {
    ...policyNamed('android-hardware'),
    id: 'strict',
    rules: {
      ...policyNamed('android-hardware').rules,
      keySize: { severity: 'reject', curves: ['P_384'], minimumRsaBits: 2048 },
    },
  };

  beforeAll(async () => {
    world = await makeWorld('google-like', 'try');
    good = attest(world, {}, { kind: 'P_384' });
    bad = attest(world);
    candidate = write('candidate.json', JSON.stringify(strict));
  });

  const trial = async (against: string, ...more: string[]) => {
    const args = ['policy', 'try', candidate, '--against', against, '--anchors', world.folder];
    const { exitCode, out, err } = await runCommand([...args, ...more]);
    return { exitCode, out, err };
  };

  function store(name: string, files: Readonly<Record<string, string>>): string {
    const place = mkdtempSync(path.join(tmpdir(), `enigm-attest-${name}-`));
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(place, file), text);
    return place;
  }

  test('chains: what would change, by code and by model', async () => {
    const place = store('chains', { 'a.pem': toPem(good.chain), 'b.pem': toPem(bad.chain) });
    const { exitCode, out } = await trial(place);
    expect(exitCode).toBe(1);
    expect(out).toContain('strict 1 on 2 judged before, 0 unreadable');
    expect(out).toContain('accept → accept 1, accept → reject 1');
    expect(out).toMatch(/KEY_SIZE +none → reject +1/);
    expect(out).toMatch(/Simulated Phone \d/);
  });

  test('nothing changes: exit code 0', async () => {
    const place = store('same', { 'a.pem': toPem(good.chain) });
    const { exitCode, out } = await trial(place);
    expect([exitCode, out]).toEqual([0, expect.stringContaining('no finding changes')]);
  });

  test('batch records and reports, and what is neither', async () => {
    const record = (id: string, { chain }: Evidence) =>
      JSON.stringify({
        id,
        receivedAt: '2026-11-22T12:00:00Z',
        chain: chain.map((der) => Buffer.from(der).toString('base64')),
      });
    const report = reportOn(world, bad, 'android-hardware');
    const place = store('mixed', {
      'records.ndjson': `${record('1', good)}\n${record('2', bad)}\n`,
      'reports.ndjson': `${JSON.stringify({ input: 'x', ...report })}\n{"id":"3","report":${JSON.stringify(report)}}\nnonsense\n{"id":"4"}\n{"id":"5","chain":"x"}\n{"id":"6","receivedAt":"x","chain":${JSON.stringify(bad.chain.map((der) => Buffer.from(der).toString('base64')))}}\n`,
      'pretty.json': JSON.stringify(report, null, 2),
      'empty.pem': '',
    });
    const { exitCode, out, err } = await trial(place, '--format', 'json');
    expect(exitCode).toBe(65);
    expect(JSON.parse(out)).toMatchObject({
      judged: 5,
      unreadable: 5,
      lost: 4,
      outcomes: { 'accept → accept': 1, 'accept → reject': 4 },
      codes: [{ code: 'KEY_SIZE', before: 'none', after: 'reject', count: 4 }],
    });
    expect(err).toContain('reports.ndjson:3: it is no JSON object');
    expect(err).toContain('reports.ndjson:4: it has neither a report nor a chain');
    expect(err).toContain('empty.pem: it is empty');
  });

  test('a place that is not there is a usage error', async () => {
    expect((await trial(path.join(folder, 'nowhere'))).exitCode).toBe(64);
  });

  /** What a report tells is enough to come to what the chain itself comes to. */
  test.each(DEFECTS.filter(({ policy }) => policy !== 'enigm-development'))(
    'a stored report of $name is judged as its chain is',
    (defect) => {
      const evidence = attest(world, defect.device, { ...defect.attest, defect: defect.name });
      const policies = ['android-hardware', 'inspect'].map(policyNamed);
      const anchors = world.anchors.anchors.map(({ record }) => record);
      for (const [from, to] of [policies, policies.toReversed()] as [Policy, Policy][]) {
        const stored = JSON.parse(JSON.stringify(reportOn(world, evidence, from))) as Report;
        const direct = reportOn(world, evidence, to);
        const again = rejudge(stored, to, anchors, null);
        const ofPolicy = (report: Report) =>
          report.findings
            .filter(({ stage }) => stage === 'policy' || stage === 'risk')
            .map(({ code, severity }) => [code, severity]);
        const settled = [...again.severities].filter(([code]) =>
          [...codesOf(direct), ...codesOf(stored)].includes(code),
        );
        expect(settled).toEqual(expect.arrayContaining(ofPolicy(direct)));
        expect(again.severities.size).toBe(settled.length);
        expect(again.outcome).toBe(direct.outcome);
      }
      expect(verdictOf(reportOn(world, evidence, 'inspect')).outcome).toBeDefined();
    },
  );
});
