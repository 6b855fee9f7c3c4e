/**
 * Policies and releases that change while requests come in: what is bad is refused and changes nothing,
 * what is good is in force within a look, no request fails, and every report was judged under exactly
 * the policy whose digest it names.
 */
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Policy, preparePolicy } from '../../src/core/policy/index.ts';
import type { Report } from '../../src/core/report/index.ts';
import { loadText } from '../../src/sources/document.ts';
import { DEVELOPMENT_RELEASES } from '../../src/sources/releases.ts';
import { post, type RunningService, serve } from '../support/service.ts';
import { attest, makeWorldOfNow, policyNamed } from '../support/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'enigm-attest-reload-'));
const policyFile = path.join(folder, 'rollout.json');
const registryFile = path.join(
  mkdtempSync(path.join(tmpdir(), 'enigm-attest-reload-')),
  'releases.json',
);

/** As a careful operator writes: the file is whole whenever it is looked at. */
function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function version(number: string, curves: readonly string[]): Policy {
  const base = policyNamed('enigm-development');
  const keySize = { severity: 'reject', curves, minimumRsaBits: 2048 } as const;
  return { ...base, id: 'rollout', version: number, rules: { ...base.rules, keySize } };
}

const FIRST = version('1', ['P_256']);
const SECOND = version('2', ['P_384']);
const digestOf = (policy: Policy): string => preparePolicy(policy).digest;

let service: RunningService;
let body: string;
const answers: { status: number; report: Report }[] = [];
let isLoading = true;
let clients: Promise<void>[];

async function ask(): Promise<void> {
  while (isLoading) {
    const { status, answer } = await post(`${service.url}/v1/verify`, body);
    answers.push({ status, report: answer as unknown as Report });
  }
}

beforeAll(async () => {
  write(policyFile, JSON.stringify(FIRST));
  write(registryFile, loadText(DEVELOPMENT_RELEASES));
  service = await serve({ policies: folder, releases: registryFile, reloadSeconds: 1 });
  const world = await makeWorldOfNow('enigm-development', 'reload');
  const evidence = attest(world);
  const chain = evidence.chain.map((der) => Buffer.from(der).toString('base64'));
  body = JSON.stringify({ chain, policy: 'rollout' });
  clients = Array.from({ length: 8 }, ask);
});

afterAll(async () => {
  isLoading = false;
  await Promise.all(clients);
  await service.close();
});

const logged = (message: string, reason: string): boolean =>
  service.log.some(
    (line) => String(line['msg']).includes(message) && JSON.stringify(line).includes(reason),
  );

async function until(message: string, reason = ''): Promise<void> {
  await vi.waitFor(() => expect(logged(message, reason)).toBe(true), { timeout: 60_000 });
}

/** Answers to requests that were sent after now. */
async function fresh(count = 50): Promise<readonly Report[]> {
  // What is in flight is one request a client at most.
  const from = answers.length + 8;
  await vi.waitFor(() => expect(answers.length).toBeGreaterThan(from + count), { timeout: 60_000 });
  return answers.slice(from).map(({ report }) => report);
}

const digestsIn = (reports: readonly Report[]) => [
  ...new Set(reports.map(({ policy }) => policy.digest)),
];
const codesIn = (reports: readonly Report[]) => [
  ...new Set(
    reports.flatMap(({ findings }) =>
      findings.filter(({ severity }) => severity === 'reject').map(({ code }) => code),
    ),
  ),
];

test('policies and registry change under load', async () => {
  expect(digestsIn(await fresh())).toEqual([digestOf(FIRST)]);

  write(policyFile, JSON.stringify({ ...SECOND, surprise: true }));
  await until('refused', 'surprise is not a known member');
  expect(digestsIn(await fresh())).toEqual([digestOf(FIRST)]);

  write(registryFile, loadText(DEVELOPMENT_RELEASES).replace('"format"', '"formed"'));
  await until('refused', 'formed is not a known member');
  expect(codesIn(await fresh())).toEqual([]);

  write(policyFile, JSON.stringify(SECOND));
  await until('new trust is in force', digestOf(SECOND));
  const second = await fresh();
  expect([digestsIn(second), codesIn(second)]).toEqual([[digestOf(SECOND)], ['KEY_SIZE']]);

  const withdrawn = loadText(DEVELOPMENT_RELEASES)
    .replace('"sequence": 1', '"sequence": 2')
    .replaceAll(/"stage": "\w+"/g, '"stage": "withdrawn"');
  write(registryFile, withdrawn);
  await vi.waitFor(
    async () => expect(codesIn(await fresh(8))).toEqual(['KEY_SIZE', 'RELEASE_NOT_ALLOWED']),
    { timeout: 60_000 },
  );

  const listed = await (await fetch(`${service.url}/v1/policies`)).json();
  expect(listed).toContainEqual(
    expect.objectContaining({ id: 'rollout', digest: digestOf(SECOND) }),
  );
  expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  for (const { report } of answers) {
    const saysKeySize = report.findings.some(({ code }) => code === 'KEY_SIZE');
    expect(report.policy.digest).toBe(digestOf(saysKeySize ? SECOND : FIRST));
    expect(report.policy.version).toBe(saysKeySize ? '2' : '1');
  }
}, 180_000);
