/** The order of the rooms, held against the imports; and what no room of core may reach. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = path.resolve('src');
const CORE = path.join(SRC, 'core');

/** A room of core may import the rooms before it in this list, and none after it. */
const ORDER = [
  'base',
  'der',
  'evidence',
  'x509',
  'anchors',
  'path',
  'key-description',
  'revocation',
  'reference',
  'statement',
  'posture',
  'policy',
  'binding',
  'continuity',
  'report',
  'prove.ts',
  'judge-now.ts',
  'decision-memory.ts',
  'decide.ts',
  'judge.ts',
  'kept-description.ts',
  'recheck.ts',
];

/** What core imports from packages: one thing, for CBOR. */
const CORE_PACKAGES = ['node:crypto', 'cbor2'];

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
}

function importsOf(file: string): Import[] {
  const source = readFileSync(file, 'utf8');
  const matches = source.matchAll(
    /^(?:import|export)( type)?[^;]*? from '([^']+)';|^import '([^']+)';/gms,
  );
  return [...matches].map(([, type, from, bare]) => ({
    file,
    specifier: from ?? bare ?? '',
    isTypeOnly: type !== undefined,
  }));
}

function roomOf(file: string): string {
  return path.relative(CORE, file).split(path.sep)[0] ?? '';
}

const coreImports = filesIn(CORE).flatMap(importsOf);

test('every file of core is in a room', () => {
  expect(filesIn(CORE).filter((file) => !ORDER.includes(roomOf(file)))).toEqual([]);
  expect(coreImports.length).toBeGreaterThan(100);
});

test('rooms import only what comes before them, and enter by the index', () => {
  const broken = coreImports.filter(({ file, specifier }) => {
    if (!specifier.startsWith('.')) return !CORE_PACKAGES.includes(specifier);
    const target = path.resolve(path.dirname(file), specifier);
    const [from, to] = [ORDER.indexOf(roomOf(file)), ORDER.indexOf(roomOf(target))];
    const entersByIndex =
      from === to || /(^|[/\\])index\.ts$/.test(target) || roomOf(target).endsWith('.ts');
    return to < 0 || to > from || !entersByIndex;
  });
  expect(broken).toEqual([]);
});

test('core reads no clock, no environment, no network and no randomness', () => {
  const FORBIDDEN =
    /\b(Date|fetch|process|setTimeout|setInterval|setImmediate|performance|console|globalThis|randomBytes|randomUUID|getRandomValues)\b(?=[.(])|Math\.random/;
  const broken = filesIn(CORE).flatMap((file) => {
    const code = readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
    return FORBIDDEN.test(code) ? [path.relative(SRC, file)] : [];
  });
  expect(broken).toEqual([]);
});

describe('brands', () => {
  test('only verifyPath makes a VerifiedPath', () => {
    const casts = filesIn(SRC).filter((file) =>
      /\bas (unknown as )?VerifiedPath\b/.test(readFileSync(file, 'utf8')),
    );
    expect(casts.map((file) => path.relative(CORE, file))).toEqual([path.join('path', 'path.ts')]);
  });
});

test('the second verifier shares nothing with core but types', () => {
  const shared = filesIn(path.join(SRC, 'crosscheck'))
    .flatMap(importsOf)
    .filter(({ specifier }) => specifier.includes('../core/'));
  expect(shared.filter(({ isTypeOnly }) => !isTypeOnly)).toEqual([]);
});

test('the simulator shares no reader with core', () => {
  const shared = filesIn(path.join(SRC, 'simulator'))
    .flatMap(importsOf)
    .filter(({ specifier, isTypeOnly }) => specifier.includes('../core/') && !isTypeOnly);
  expect(shared).toEqual([]);
});

test('only config reads the environment', () => {
  const readers = filesIn(SRC).filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')));
  expect(readers.map((file) => path.relative(SRC, file))).toEqual(['config.ts']);
});

test('a thread that verifies loads few packages: each is in memory once for every thread', () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { specifier, isTypeOnly } of importsOf(file)) {
      if (isTypeOnly) continue;
      if (specifier.startsWith('.')) walk(path.resolve(path.dirname(file), specifier));
      else if (!specifier.startsWith('node:')) packages.add(specifier);
    }
  };
  walk(path.join(SRC, 'pool', 'worker.ts'));
  expect(seen.size).toBeGreaterThan(100);
  expect([...packages].toSorted()).toEqual(['ajv', 'cbor2', 'lru-cache', 'piscina']);
});
