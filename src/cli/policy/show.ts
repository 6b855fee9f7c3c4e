/** `attest policy list`, `show`, `check`, `schema`. */
import { loadConfig } from '../../config.ts';
import { loadTrustMaterial } from '../../sources/load-trust.ts';
import { PolicySchema } from '../../sources/policy-schema.ts';
import { buildTrust, type Trust } from '../../sources/trust.ts';
import { EXIT, type Io } from '../io.ts';
import { columns, styleOf, wrap } from '../render/style.ts';
import { findPolicy } from '../verify.ts';
import { describePolicy } from './sentences.ts';

interface ListOptions {
  readonly format?: 'text' | 'json';
}

export function listPolicies({ format }: ListOptions, io: Io): number {
  const { policies, defaultPolicy } = loadTrust();
  const rows = [...policies.values()].map(({ policy, digest }) => ({
    id: policy.id,
    version: policy.version,
    digest,
    isDefault: policy.id === defaultPolicy,
    description: policy.description,
  }));
  io.out(
    format === 'json'
      ? `${JSON.stringify(rows)}\n`
      : `${columns(
          rows.map(({ id, version, digest, description }) => [
            id,
            version,
            digest.slice(0, 12),
            description,
          ]),
          '',
        )}\n`,
  );
  return EXIT.accept;
}

/** Prints the document, which `check` accepts under another id. */
export function showPolicy(name: string, io: Io): number {
  const { policy } = findPolicy(name, loadTrust(), io);
  io.out(`${JSON.stringify(policy, null, 2)}\n`);
  return EXIT.accept;
}

export function checkPolicy(name: string, io: Io): number {
  const { policy, digest } = findPolicy(name, loadTrust(), io);
  const style = styleOf(io.colour);
  io.out(
    `${[
      `${style.good('sound')}  ${policy.id} ${policy.version}  ${style.dim(digest)}`,
      wrap(policy.description, '  ', io.width),
      '',
      ...describePolicy(policy).map((sentence) => wrap(sentence, '  ', io.width)),
    ].join('\n')}\n`,
  );
  return EXIT.accept;
}

export function printPolicySchema(io: Io): number {
  const $schema = 'https://json-schema.org/draft/2020-12/schema';
  io.out(`${JSON.stringify({ $schema, ...PolicySchema }, null, 2)}\n`);
  return EXIT.accept;
}

function loadTrust(): Trust {
  return buildTrust(loadTrustMaterial(loadConfig()));
}
