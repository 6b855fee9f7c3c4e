/**
 * A run of 1,000 decisions over HTTP, of devices that attest their identifiers: nothing that leaves the service
 * shows one; the trail holds, and shows every way of changing it; every report is derived again.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Archive } from '../../src/audit/archive.ts';
import { checkTrail } from '../../src/audit/check.ts';
import { archiveFolder, headsFile, trailFile } from '../../src/audit/files.ts';
import { toLine } from '../../src/audit/record.ts';
import { bareReport, reproduce } from '../../src/audit/reproduce.ts';
import { KeptStates } from '../../src/audit/states.ts';
import type { Report } from '../../src/core/report/index.ts';
import { parseVerifyRequest, type VerifyRequest } from '../../src/request/index.ts';
import { parseJwkSet, type VerificationKey } from '../../src/results/index.ts';
import { post, serve } from '../support/service.ts';
import { attest as inTerminal } from '../support/terminal.ts';
import { attest, makeWorldOfNow } from '../support/world.ts';

const DECISIONS = 1000;
const AT_ONCE = 25;
/** IMEI, second IMEI and unique id of `quirk-device-identifiers`. */
const IDENTIFIERS = ['490154203237518', '356938035643809'];
const UNIQUE_ID = '00112233445566778899aabbccddeeff';
const HANDLE = 'staff-phone-of-Ada-Example';

const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-audit-'));
const requests: string[] = [];
const bodies: string[] = [];
let left: { readonly what: string; readonly text: string }[];
let keys: readonly VerificationKey[];
let trail: readonly string[];
let heads: readonly string[];

beforeAll(async () => {
  const service = await serve({ audit: folder });
  const world = await makeWorldOfNow('enigm-development', 'audit');
  const decide = async (index: number): Promise<void> => {
    const context = index % 3 === 0 ? { handle: HANDLE, action: 'enrol.device' } : {};
    const issued = await post(`${service.url}/v1/challenges`, JSON.stringify(context));
    const challenge = issued.answer['challenge'] as string;
    const evidence = attest(world, index % 7 === 0 ? { deviceLocked: false } : {}, {
      defect: 'quirk-device-identifiers',
      challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    });
    const request = JSON.stringify({
      chain: evidence.chain.map((der) => Buffer.from(der).toString('base64')),
      // Some answer another challenge, some the caller's own, some none.
      ...(index % 11 === 0 ? {} : { challenge: index % 13 === 0 ? 'AAAA' : challenge }),
      policy: index % 2 === 0 ? 'enigm-development' : 'inspect',
      // And some do not say what for.
      context: index % 9 === 0 ? {} : context,
      result: 'both',
      enrol: true,
    });
    const response = await fetch(`${service.url}/v1/verify`, {
      method: 'POST',
      body: request,
      headers: { 'content-type': 'application/json' },
    });
    requests[index] = request;
    bodies[index] = await response.text();
    expect(response.status).toBe(200);
  };
  for (let from = 0; from < DECISIONS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => decide(from + at)));
  }
  const read = async (place: string) => (await fetch(`${service.url}${place}`)).text();
  const metrics = await read('/metrics');
  keys = parseJwkSet(JSON.parse(await read('/.well-known/jwks.json')));
  expect(JSON.parse(await read('/health/ready'))).toMatchObject({
    ready: true,
    audit: { ok: true, reason: null },
  });
  await service.close();
  trail = readFileSync(trailFile(folder), 'utf8').trimEnd().split('\n');
  heads = readFileSync(headsFile(folder), 'latin1').trimEnd().split('\n');
  const archive = readdirSync(archiveFolder(folder)).map((name) =>
    readFileSync(path.join(archiveFolder(folder), name), 'latin1'),
  );
  left = [
    ...bodies.map((text) => ({ what: 'an answer', text })),
    ...service.log.map((line) => ({ what: 'a log line', text: JSON.stringify(line) })),
    ...trail.map((text) => ({ what: 'an audit line', text })),
    ...heads.map((text) => ({ what: 'an audit head', text })),
    ...archive.map((text) => ({ what: 'an archived object', text })),
    { what: 'the metrics', text: metrics },
  ];
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** A text, and what its base64url parts say, as those of tokens do. */
function unfolded(text: string): string {
  const parts = text.match(/eyJ[\w-]+/g) ?? [];
  return [text, ...parts.map((part) => Buffer.from(part, 'base64url').toString('utf8'))].join('\n');
}

/** A value as it could be written: itself, in hex, in base64 at each of three offsets. */
function spellings(value: Buffer): readonly string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), value]).toString('base64');
    return text.slice(shift === 0 ? 0 : 4, -4);
  });
  return [value.toString('latin1'), value.toString('hex'), ...base64];
}

test('no identifier of a device is in anything that left the service', () => {
  const values = [...IDENTIFIERS.map((text) => Buffer.from(text)), Buffer.from(UNIQUE_ID, 'hex')];
  const words = [...values.flatMap(spellings), UNIQUE_ID];
  // The evidence itself does hold them: the search can find.
  const evidence = JSON.parse(requests[1] as string).chain.map((der: string) =>
    Buffer.from(der, 'base64').toString('latin1'),
  );
  expect(values.every((value) => evidence.join().includes(value.toString('latin1')))).toBe(true);
  const found = left.flatMap(({ what, text }) => {
    const whole = unfolded(text);
    return words.filter((word) => whole.includes(word)).map((word) => `${word} in ${what}`);
  });
  expect(found).toEqual([]);
  expect(left.filter(({ text }) => text.includes(HANDLE))).toEqual([]);
  expect(left.length).toBeGreaterThan(3 * DECISIONS);
});

test('each decision has one record, with what it rested on and nothing personal', () => {
  const records = trail.map((line) => JSON.parse(line));
  const decisions = records.filter(({ kind }) => kind === 'decision');
  expect(decisions).toHaveLength(DECISIONS);
  const reports = bodies.map((body) => JSON.parse(body) as Report);
  const byDigest = new Map(decisions.map((record) => [record.evidenceDigest, record]));
  for (const [index, report] of reports.entries()) {
    const isNamed = index % 3 === 0 && index % 9 !== 0;
    expect(byDigest.get(report.evidenceDigest)).toEqual({
      seq: expect.any(Number),
      at: expect.any(String),
      prev: expect.stringMatching(/^[0-9a-f]{64}$/),
      kind: 'decision',
      caller: null,
      action: isNamed ? 'enrol.device' : null,
      handleHmac: isNamed ? expect.stringMatching(/^[0-9a-f]{64}$/) : null,
      evidenceDigest: report.evidenceDigest,
      outcome: report.outcome,
      codes: [...new Set(report.findings.map(({ code }) => code))],
      policy: { id: report.policy.id, digest: report.policy.digest },
      snapshot: report.revocation.snapshot?.id ?? null,
      anchor: report.chain.anchor?.id ?? null,
      registry: expect.stringMatching(/^[0-9a-f]{64}$/),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  }
  expect(new Set(reports.map(({ outcome }) => outcome)).size).toBe(3);
});

describe('the check', () => {
  const check = (lines: readonly string[], more: object = {}) =>
    checkTrail({ trail: lines, isWhole: true, heads, keys, now: Date.now(), ...more });
  const faultsOf = async (lines: readonly string[], more: object = {}) =>
    (await check(lines, more)).faults.map(({ code, from, to }) => [code, from, to]);

  test('finds nothing where nothing was done', async () => {
    expect(await check(trail)).toMatchObject({
      faults: [],
      records: trail.length,
      last: trail.length - 1,
      coveredTo: trail.length - 1,
    });
  });

  test('names a record of which any one byte changed', async () => {
    const line = trail[500] as string;
    for (let at = 0; at < line.length; at += 37) {
      const changed = `${line.slice(0, at)}${line[at] === '0' ? '1' : '0'}${line.slice(at + 1)}`;
      expect(await faultsOf(trail.with(500, changed))).toEqual([['RECORD_CHANGED', 500, 500]]);
    }
  });

  test('names a record that was dropped, and several', async () => {
    expect(await faultsOf(trail.toSpliced(500, 1))).toEqual([['RECORD_MISSING', 500, 500]]);
    expect(await faultsOf(trail.toSpliced(500, 3))).toEqual([['RECORD_MISSING', 500, 502]]);
    expect(await faultsOf(trail.slice(1))).toEqual([['RECORD_MISSING', 0, 0]]);
  });

  test('names two that were swapped', async () => {
    const [a, b] = [trail[500] as string, trail[501] as string];
    expect(await faultsOf(trail.with(500, b).with(501, a))).toEqual([['RECORD_MOVED', 500, 500]]);
  });

  test('names what was cut from the end', async () => {
    const last = trail.length - 1;
    expect(await faultsOf(trail.slice(0, -1))).toEqual([['TAIL_CUT', last, last]]);
    expect(await faultsOf(trail.slice(0, 600))).toEqual([['TAIL_CUT', 600, last]]);
    expect(await faultsOf([])).toEqual([['TAIL_CUT', 0, last]]);
    const torn = [...trail.slice(0, -1), (trail.at(-1) as string).slice(0, 40)];
    expect(await faultsOf(torn, { isWhole: false })).toContainEqual(['RECORD_CHANGED', last, last]);
  });

  test('names a record that was repeated, and one put in the place of another', async () => {
    expect(await faultsOf(trail.toSpliced(700, 0, trail[500] as string))).toEqual([
      ['RECORD_REPEATED', 500, 500],
    ]);
    const { hash: _, ...record } = JSON.parse(trail[500] as string);
    const forged = toLine({ ...record }, { outcome: 'accept' }).line;
    expect(await faultsOf(trail.with(500, forged))).toEqual([['RECORD_NOT_LINKED', 501, 501]]);
  });

  test('a trail that was written anew from some record on does not fit its heads', async () => {
    const anew = trail.slice(0, 500);
    let prev = JSON.parse(anew[499] as string).hash;
    for (const line of trail.slice(500)) {
      const { hash: _, seq, at, kind } = JSON.parse(line);
      const made = toLine({ seq, at, prev, kind }, {});
      anew.push(made.line);
      prev = made.hash;
    }
    const last = trail.length - 1;
    expect(await faultsOf(anew)).toContainEqual(['HEAD_MISMATCH', last, last]);
  });

  test('a cut that took the heads along shows by a head kept elsewhere, and alone not', async () => {
    const cut = trail.slice(0, 600);
    expect(await check(cut, { heads: [] })).toMatchObject({ faults: [], coveredTo: null });
    expect(await faultsOf(cut, { heads: heads.slice(-1) })).toEqual([
      ['TAIL_CUT', 600, trail.length - 1],
    ]);
  });

  test('a head by another key counts for nothing', async () => {
    const found = await check(trail, { keys: [] });
    expect(found).toMatchObject({ heads: 0, coveredTo: null });
    expect(found.faults.map(({ code }) => code)).toEqual(heads.map(() => 'HEAD_INVALID'));
  });
});

describe('deriving again', () => {
  test(`all ${DECISIONS} reports, byte for byte`, async () => {
    const states = await KeptStates.of(folder, new Archive(archiveFolder(folder)));
    const broken: unknown[] = [];
    for (const [index, body] of bodies.entries()) {
      const stored = bareReport(JSON.parse(body));
      const parsed = parseVerifyRequest(requests[index] as string);
      const { request } = parsed as { readonly request: VerifyRequest };
      const [state] = await states.candidates(stored);
      const { report, differences } = reproduce(stored, request, state as never);
      if (differences.length > 0) broken.push({ index, differences });
      // What was answered begins with the very bytes.
      expect(body.startsWith(JSON.stringify(report).slice(0, -1))).toBe(true);
    }
    expect(broken).toEqual([]);
  });

  test('on the command line, from a request or from a chain alone', async () => {
    const stored = path.join(folder, 'report.json');
    const chain = path.join(folder, 'request.json');
    const bare = path.join(folder, 'chain.json');
    writeFileSync(stored, bodies[2] as string);
    writeFileSync(chain, requests[2] as string);
    writeFileSync(bare, JSON.stringify(JSON.parse(requests[2] as string).chain));
    for (const file of [chain, bare]) {
      const ran = await inTerminal(['reproduce', stored, '--chain', file, '--audit', folder]);
      expect([ran.exitCode, ran.out]).toEqual([
        0,
        expect.stringContaining('reproduced, byte for byte: accept by enigm-development'),
      ]);
    }
  });
});
