/**
 * Trust that follows its files while the service runs: the folder of policies and the registry of
 * releases. What cannot be loaded is refused with its reason and what was in force stays in force,
 * each kind by itself; what can be loaded replaces the whole trust at once.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PreparedPolicy } from '../core/policy/index.ts';
import { ConfigurationFault } from './document.ts';
import {
  checkMaterial,
  loadTrustMaterial,
  rememberReleases,
  type TrustConfig,
} from './load-trust.ts';
import { checkSuccession, listPolicyFiles, loadPolicies } from './policies.ts';
import { loadConfiguredRegistry } from './releases.ts';
import { buildTrust, type Trust, type TrustMaterial } from './trust.ts';

export interface KeeperEvents {
  /** New trust is in force. */
  readonly onReloaded: (trust: Trust) => void;
  /** Something was refused; what was in force stays. */
  readonly onRefused: (fault: ConfigurationFault) => void;
}

export class TrustKeeper {
  readonly #config: TrustConfig;
  readonly #events: KeeperEvents;
  #seen: string;
  #material: TrustMaterial;
  #trust: Trust;
  /** The last of every policy that ever was in force: one that goes and returns is no older. */
  readonly #last = new Map<string, PreparedPolicy>();

  /** Throws `ConfigurationFault`: at start there is nothing to fall back on. */
  constructor(config: TrustConfig, events: KeeperEvents) {
    this.#config = config;
    this.#events = events;
    this.#seen = this.#fingerprint();
    this.#material = loadTrustMaterial(config);
    this.#trust = buildTrust(this.#material);
    this.#remember();
  }

  /** The trust in force. */
  get trust(): Trust {
    return this.#trust;
  }

  /** The same, as plain data. */
  get material(): TrustMaterial {
    return this.#material;
  }

  /** Looks at the files, and loads them if any has changed since the last look. */
  look(): void {
    const fingerprint = this.#fingerprint();
    if (fingerprint === this.#seen) return;
    this.#seen = fingerprint;
    const { environment, policies, releases } = this.#config;
    const before = this.#material;
    const candidate = {
      ...before,
      policies: this.#attempt(() => this.#succeed(loadPolicies(environment, policies, Date.now()))),
      registry: this.#attempt(() => loadConfiguredRegistry(environment, releases, this.#config)),
    };
    const material: TrustMaterial = {
      ...before,
      policies: candidate.policies ?? before.policies,
      registry: candidate.registry === undefined ? before.registry : candidate.registry,
    };
    const trust = this.#attempt(() => {
      checkMaterial(material, this.#config);
      const built = buildTrust(material);
      rememberReleases(material, this.#config);
      return built;
    });
    if (trust === undefined) return;
    if (isSame(trust, this.#trust)) return;
    this.#material = material;
    this.#trust = trust;
    this.#remember();
    this.#events.onReloaded(trust);
  }

  #attempt<T>(load: () => T): T | undefined {
    try {
      return load();
    } catch (fault) {
      if (!(fault instanceof ConfigurationFault)) throw fault;
      this.#events.onRefused(fault);
      return undefined;
    }
  }

  #succeed(policies: TrustMaterial['policies']): TrustMaterial['policies'] {
    for (const policy of policies) {
      const before = this.#last.get(policy.id);
      if (before !== undefined) checkSuccession(before, policy);
    }
    return policies;
  }

  #remember(): void {
    for (const [id, policy] of this.#trust.policies) this.#last.set(id, policy);
  }

  /** Digest of the bytes of every file; what cannot be read counts as its error. */
  #fingerprint(): string {
    const hash = createHash('sha256');
    const { policies, releases } = this.#config;
    for (const file of [...listOrNothing(policies), ...(releases === null ? [] : [releases])]) {
      hash.update(JSON.stringify([file, readOrReason(file)]));
    }
    return hash.digest('hex');
  }
}

/** Policies by their digests, the registry by its own. */
function isSame(a: Trust, b: Trust): boolean {
  const digests = ({ policies }: Trust): string =>
    [...policies.values()].map(({ digest }) => digest).join();
  return digests(a) === digests(b) && a.registry?.id === b.registry?.id;
}

function listOrNothing(folder: string | null): readonly string[] {
  try {
    return listPolicyFiles(folder);
  } catch (fault) {
    return [String(fault)];
  }
}

function readOrReason(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}
