/** What the results of a batch run depend on, from the command line and the configuration. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { RunContext } from '../batch/checkpoint.ts';
import { compileSerials, newlyListed } from '../batch/impact.ts';
import type { Plan } from '../batch/plan.ts';
import type { RunTerms } from '../batch/protocol.ts';
import type { Config } from '../config.ts';
import { openSigner } from '../results/index.ts';
import { loadTestAnchors } from '../sources/anchors.ts';
import { ConfigurationFault, loadText } from '../sources/document.ts';
import { loadTrustMaterial } from '../sources/load-trust.ts';
import type { TrustMaterial } from '../sources/trust.ts';
import { parseShare } from './arguments.ts';
import { type Io, UsageFault } from './io.ts';
import type { ReverifyOptions } from './reverify.ts';
import { askedOf } from './reverify-resume.ts';
import { loadRevocation } from './revocation-option.ts';

/** Loads trust, lists and terms, once: they stay as they are however long the run takes. */
export async function buildContext(
  plan: Plan,
  options: ReverifyOptions,
  config: Config,
  io: Io,
): Promise<RunContext> {
  const material = loadTrustMaterial(config);
  const trust = withOwnAnchors(material, options, io);
  const { policy = null } = options;
  if (policy !== null && !trust.policies.some(({ id }) => id === policy)) {
    const known = trust.policies.map(({ id }) => id).join(', ');
    throw new ConfigurationFault(`no policy ${policy}; there are ${known}`);
  }
  const signer = openSigner(config);
  if (options.records && signer === null) {
    throw new ConfigurationFault('--records needs a key to sign with: setting resultKeys');
  }
  const rate = options.crossCheckRate;
  const terms: RunTerms = {
    appraisedAt: io.now(),
    revocation: await loadRevocation(options, config, material, io),
    policy,
    form: options.full ? 'full' : 'brief',
    facts: options.records === true,
    recordKeys: signer?.jwks ?? { keys: [] },
    only: loadOnly(options, io),
    crossCheckRate: rate === undefined ? 0 : parseShare(rate),
  };
  return { format: 1, id: randomUUID(), asked: askedOf(options, io), plan, terms, trust };
}

function withOwnAnchors(
  material: TrustMaterial,
  { anchors }: ReverifyOptions,
  io: Io,
): TrustMaterial {
  if (anchors === undefined) return material;
  const { material: own } = loadTestAnchors(path.resolve(io.folder, anchors));
  return { ...material, environment: 'test', anchors: own };
}

function loadOnly({ onlyListed }: ReverifyOptions, io: Io): RunTerms['only'] {
  if (onlyListed === undefined) return null;
  const [older, newer, ...others] = onlyListed.map((file) =>
    loadText(path.resolve(io.folder, file)),
  );
  if (older === undefined || newer === undefined || others.length > 0) {
    throw new UsageFault('--only-listed takes two status lists, OLD and NEW');
  }
  const entries = newlyListed(older, newer);
  io.err(`${entries.length} serials are newly listed\n`);
  return compileSerials(entries);
}
