/**
 * Audit as a service runs it: a record of every decision, one of every change of what decisions rest on, and
 * the archive that they can be derived from again.
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { lockFolder } from '../challenge/process-lock.ts';
import type { Config } from '../config.ts';
import type { RevocationSnapshot } from '../core/revocation/index.ts';
import type { Admitted } from '../pool/dispatcher.ts';
import type { Answer, Job } from '../pool/protocol.ts';
import { hmacOfHandle } from '../results/enrolment.ts';
import { openHandleKey, type Signer } from '../results/index.ts';
import { ConfigurationFault } from '../sources/document.ts';
import { buildTrust, type TrustMaterial } from '../sources/trust.ts';
import { Archive } from './archive.ts';
import { archiveFolder } from './files.ts';
import type { TrailHead } from './head.ts';
import { keepInForce } from './in-force.ts';
import { OVERRIDES_LOOK_MS, takeOverrides } from './overrides.ts';
import type { Members } from './record.ts';
import { Trail } from './trail.ts';

export type AuditSettings = Pick<
  Config,
  'audit' | 'environment' | 'state' | 'handleKey' | 'resultIssuer' | 'revocationAllowShrink'
>;

/** What the trail keeps something of. */
export type AuditedJob = Pick<Job, 'caller'>;
export type AuditedAnswer = Pick<Answer, 'facts' | 'evidenceDigest' | 'decision'>;

export interface AuditDesk {
  /** Wraps `submit` so that every decision is recorded once it is made, whoever still waits for it. */
  readonly withAudit: (submit: (job: Job) => Admitted) => (job: Job) => Admitted;
  /** Records a decision that was made; null: there is no trail. */
  readonly record: ((job: AuditedJob, answer: AuditedAnswer) => void) | null;
  /** To be told what is in force whenever it may have changed; cheap where it has not. */
  readonly note: (material: TrustMaterial, snapshot: RevocationSnapshot) => void;
  /** New policies or releases that were not taken. */
  readonly noteRefused: (reason: string) => void;
  /** Why nothing can be recorded now; null: it can. */
  readonly problem: () => string | null;
  readonly close: () => Promise<void>;
}

/** Where the audit of this configuration is; null: it has none. */
export function auditFolderOf({ audit, environment, state }: AuditSettings): string | null {
  if (audit === 'none') return null;
  if (audit !== null) return audit;
  return environment === 'production' ? path.join(state, 'audit') : null;
}

/** Keeps nothing. */
const NO_AUDIT: AuditDesk = {
  withAudit: (submit) => submit,
  record: null,
  note: () => {},
  noteRefused: () => {},
  problem: () => null,
  close: async () => {},
};

const RETRY_MS = 1000;

/** Opens what is configured. Throws `ConfigurationFault` where it cannot be kept from the start. */
export async function openAudit(
  config: AuditSettings,
  signer: Signer | null,
  material: TrustMaterial,
  snapshot: RevocationSnapshot,
  log: () => FastifyBaseLogger | undefined,
): Promise<AuditDesk> {
  const folder = auditFolderOf(config);
  if (folder === null) return NO_AUDIT;
  const unlock = await lock(folder);
  let trail: Trail | undefined;
  try {
    const opened = await Trail.open({
      folder,
      signHead: signer === null ? null : (head) => signHead(signer, config.resultIssuer, head),
      clock: Date.now,
      onProblem: (problem) => {
        if (problem === null) log()?.info('the audit trail is written again');
        else log()?.error(problem);
      },
      onHead: (head, token) => log()?.info({ auditHead: head, token }, 'head of the audit trail'),
    });
    trail = opened;
    const keeper = new Keeper(opened, new Archive(archiveFolder(folder)), log);
    await keeper.begin(material, snapshot, folder);
    const { revocationAllowShrink } = config;
    if (revocationAllowShrink.length > 0) {
      opened.append('override', {
        setting: 'revocationAllowShrink',
        sources: revocationAllowShrink,
      });
    }
    const take = (): void => takeOverrides(folder, (members) => opened.append('override', members));
    take();
    const taking = setInterval(take, OVERRIDES_LOOK_MS);
    taking.unref();
    const handleKey = openHandleKey(config);
    const record = (job: AuditedJob, answer: AuditedAnswer): void => {
      if (answer.decision !== undefined) {
        opened.append('decision', toMembers(job, answer, handleKey));
      }
    };
    return {
      withAudit: (submit) => recording(submit, record),
      record,
      note: (now, lists) => keeper.note(now, lists),
      noteRefused: (reason) => opened.append('refused', { reason }),
      problem: () => opened.problem ?? keeper.problem,
      close: async () => {
        clearInterval(taking);
        take();
        await keeper.close();
        opened.append('stop', {});
        await opened.close();
        await unlock();
      },
    };
  } catch (error) {
    await trail?.close();
    await unlock();
    throw error;
  }
}

/** Wraps `submit` so that each answer is recorded before it leaves. */
export function recording(
  submit: (job: Job) => Admitted,
  record: (job: AuditedJob, answer: AuditedAnswer) => void,
): (job: Job) => Admitted {
  return (job) => {
    const admitted = submit(job);
    return {
      answer: admitted.answer.then((answer) => {
        record(job, answer);
        return answer;
      }),
      abandon: () => admitted.abandon(),
    };
  };
}

async function lock(folder: string): Promise<() => Promise<void>> {
  const unlock = await lockFolder(folder, 'audit').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationFault(`setting audit: ${folder} cannot be used (${error.code})`);
  });
  if (unlock !== null) return unlock;
  throw new ConfigurationFault(
    `setting audit: another process writes the trail in ${folder}; give each process a folder of its own`,
  );
}

function signHead(signer: Signer, issuer: string, head: TrailHead): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  return signer.signDocument('auditHead', { iss: issuer, iat, ...head });
}

/** Words such as `enrol.device`. Free text could name someone, and digits something. */
const WORD = /^[A-Za-z][A-Za-z_.:/-]{0,63}$/;

function toMembers(
  { caller = null }: AuditedJob,
  { facts, evidenceDigest, decision }: AuditedAnswer,
  key: Uint8Array,
): Members {
  if (decision === undefined || facts.kind === 'problem') return {};
  const { handle, action, policyDigest, ...rest } = decision;
  return {
    caller,
    action: action === null || WORD.test(action) ? action : 'withheld',
    handleHmac: handle === null ? null : hmacOfHandle(handle, key),
    evidenceDigest,
    outcome: facts.outcome,
    codes: [...new Set(facts.codes)],
    policy: { id: facts.policy, digest: policyDigest },
    ...rest,
  };
}

/** Names of what is in force: what changed is what differs here. */
interface Names {
  readonly policies: Readonly<Record<string, string>>;
  readonly registry: string | null;
  readonly anchors: string;
  readonly lists: string;
  /** When the copies of the lists were fetched. */
  readonly fetched: string;
}

class Keeper {
  readonly #trail: Trail;
  readonly #archive: Archive;
  readonly #log: () => FastifyBaseLogger | undefined;
  #material: TrustMaterial | null = null;
  #snapshot: RevocationSnapshot | null = null;
  #names: Names | null = null;
  #keeping: Promise<void> = Promise.resolve();
  #isClosing = false;
  problem: string | null = null;

  constructor(trail: Trail, archive: Archive, log: () => FastifyBaseLogger | undefined) {
    this.#trail = trail;
    this.#archive = archive;
    this.#log = log;
  }

  /** Keeps the first state; there is nobody yet who would not wait for it. */
  async begin(
    material: TrustMaterial,
    snapshot: RevocationSnapshot,
    folder: string,
  ): Promise<void> {
    this.#material = material;
    this.#snapshot = snapshot;
    try {
      await this.#keep(material, snapshot, Date.now());
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new ConfigurationFault(`setting audit: ${folder} cannot be used (${code ?? message})`);
    }
  }

  note(material: TrustMaterial, snapshot: RevocationSnapshot): void {
    if (material === this.#material && snapshot === this.#snapshot) return;
    this.#material = material;
    this.#snapshot = snapshot;
    const since = Date.now();
    this.#keeping = this.#keeping.then(() => this.#keepUntilKept(material, snapshot, since));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#keeping;
  }

  async #keepUntilKept(
    material: TrustMaterial,
    snapshot: RevocationSnapshot,
    since: number,
  ): Promise<void> {
    for (;;) {
      try {
        await this.#keep(material, snapshot, since);
        this.problem = null;
        return;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const problem = `the archive of the audit trail cannot be written (${code ?? message})`;
        if (this.problem !== problem) this.#log()?.error(problem);
        this.problem = problem;
        if (this.#isClosing) return;
        await delay(RETRY_MS);
      }
    }
  }

  async #keep(
    material: TrustMaterial,
    snapshot: RevocationSnapshot,
    sinceMs: number,
  ): Promise<void> {
    const names = namesOf(material, snapshot);
    const inForce = await keepInForce(this.#archive, material, snapshot);
    const since = new Date(sinceMs).toISOString();
    for (const change of changesBetween(this.#names, names)) {
      this.#trail.append('change', { ...change, since, inForce });
    }
    this.#names = names;
  }
}

function namesOf(material: TrustMaterial, { id, sources }: RevocationSnapshot): Names {
  const { policies, registry, anchors } = buildTrust(material);
  return {
    policies: Object.fromEntries([...policies].map(([name, { digest }]) => [name, digest])),
    registry: registry?.id ?? null,
    anchors: anchors.id,
    lists: id,
    fetched: JSON.stringify(sources.map(({ fetchedAt }) => fetchedAt)),
  };
}

/** One for each thing that changed; at the beginning everything did. */
function changesBetween(before: Names | null, now: Names): readonly Members[] {
  const changes: Members[] = [];
  const compare = (what: string, from: string | null, to: string | null, more = {}): void => {
    if (from !== to) changes.push({ what, ...more, from, to });
  };
  const ids = new Set([...Object.keys(before?.policies ?? {}), ...Object.keys(now.policies)]);
  for (const id of ids) {
    compare('policy', before?.policies[id] ?? null, now.policies[id] ?? null, { id });
  }
  compare('registry', before?.registry ?? null, now.registry);
  compare('anchors', before?.anchors ?? null, now.anchors);
  compare('lists', before?.lists ?? null, now.lists);
  // The same lists, fetched again: decides how old they are.
  if (changes.length === 0 && before?.fetched !== now.fetched) changes.push({ what: 'freshness' });
  return changes;
}
