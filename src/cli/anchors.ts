/** `attest anchors`: what this verifier trusts, and whether it is sound. */
import path from 'node:path';
import { loadConfig } from '../config.ts';
import { type LoadedAnchors, loadBuiltInAnchors, loadTestAnchors } from '../sources/anchors.ts';
import { EXIT, type Io } from './io.ts';
import { columns, styleOf } from './render/style.ts';

interface AnchorsOptions {
  readonly format?: 'text' | 'json';
  readonly anchors?: string;
}

export function listAnchors(options: AnchorsOptions, io: Io): number {
  const loaded = load(options, io);
  io.out(options.format === 'json' ? `${JSON.stringify(describe(loaded))}\n` : render(loaded, io));
  return EXIT.accept;
}

/**
 * Loading has compared files with digests, keys with pins and self-signatures with keys already; what is
 * left to say is which dates have passed. An anchor is pinned by key: a passed date is no fault.
 */
export function checkAnchors(options: AnchorsOptions, io: Io): number {
  const { set, provenance } = load(options, io);
  const style = styleOf(io.colour);
  for (const { record } of set.anchors) {
    io.out(`${style.good('sound')}  ${record.id}  ${record.name}\n`);
    for (const { file, notAfter } of certificatesOf(record.id, provenance)) {
      const passed = Date.parse(notAfter) < io.now();
      const remark = passed
        ? `until ${notAfter}: passed, which does not matter`
        : `until ${notAfter}`;
      io.out(`       ${file}  ${style.dim(remark)}\n`);
    }
  }
  io.out(`${set.softwareKeys.length} published software keys are refused\n`);
  return EXIT.accept;
}

function load({ anchors }: AnchorsOptions, io: Io): LoadedAnchors {
  return anchors === undefined
    ? loadBuiltInAnchors(loadConfig().environment)
    : loadTestAnchors(path.resolve(io.folder, anchors));
}

function describe({ set, provenance }: LoadedAnchors) {
  return {
    id: set.id,
    anchors: set.anchors.map(({ record }) => ({
      ...record,
      certificates: certificatesOf(record.id, provenance),
    })),
    softwareKeys: set.softwareKeys.map(({ id }) => id),
  };
}

function render({ set, provenance }: LoadedAnchors, io: Io): string {
  const style = styleOf(io.colour);
  const anchors = set.anchors.map(({ record }) => {
    const facts = [
      ['owner', `${record.owner}, ${record.environment}`],
      ['issues', Object.keys(record.layouts).join(' and ')],
      ['key', record.spkiSha256],
      ['revocation', record.revocationFeeds.join(' and ') || 'no list'],
      ...certificatesOf(record.id, provenance).map(({ file, notAfter }) => [
        'certificate',
        `${file}, until ${notAfter.slice(0, 10)}`,
      ]),
    ];
    return `${style.strong(record.id)}  ${record.name}\n${columns(facts, '  ')}`;
  });
  const refused = set.softwareKeys.map(({ id }) => id).join(', ');
  return `${anchors.join('\n\n')}\n\nrefused by name: ${refused}\n`;
}

function certificatesOf(id: string, provenance: LoadedAnchors['provenance']) {
  return provenance.find((each) => each.id === id)?.certificates ?? [];
}
