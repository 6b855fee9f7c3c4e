/**
 * Compares the roots Google serves with the pins, and raises the alarm where they differ. Never part of
 * a verdict and never a source of trust: anchors change by a release (THREATS T10).
 */
import { X509Certificate } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { type AnchorSource, sha256Hex } from '../../core/anchors/index.ts';
import { download } from './download.ts';
import { SourceFault, toSourceFault } from './fault.ts';

/** One way in which what is served differs from what is pinned. */
export interface RootDrift {
  readonly code: 'ROOT_DRIFT';
  readonly text: string;
  /** Of the SubjectPublicKeyInfo. */
  readonly spkiSha256: string;
}

/** Times are milliseconds since 1970; null: never. */
export interface RootWatchState {
  readonly checkedAt: number | null;
  readonly drift: readonly RootDrift[];
  /** Why the last look failed; null: it did not. What was found before stays. */
  readonly failing: string | null;
}

export interface RootWatchOptions {
  readonly url: string;
  /** Anchors of the owner whose roots are served there. */
  readonly anchors: readonly AnchorSource[];
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly clock: () => number;
  readonly onDrift: (drift: readonly RootDrift[]) => void;
}

/** Ten times what is served today. */
const MAX_BYTES = 65_536;

export class RootWatch {
  readonly #options: RootWatchOptions;
  readonly #ending = new AbortController();
  #state: RootWatchState = { checkedAt: null, drift: [], failing: null };
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RootWatchOptions) {
    this.#options = options;
  }

  get state(): RootWatchState {
    return this.#state;
  }

  /** Looks now, and then regularly. */
  start(): void {
    void this.#lookAndWait();
  }

  /** Looks once. Never throws. */
  async look(): Promise<RootWatchState> {
    const { url, anchors, dispatcher, timeoutMs, clock, onDrift } = this.#options;
    const unconditional = { maxBytes: MAX_BYTES, etag: null, lastModified: null };
    const { signal } = this.#ending;
    try {
      const { body } = await download(url, { dispatcher, timeoutMs, signal, ...unconditional });
      const drift = compareRoots(parseRoots(body as Buffer), anchors);
      this.#state = { checkedAt: clock(), drift, failing: null };
      if (drift.length > 0) onDrift(drift);
    } catch (error) {
      this.#state = { ...this.#state, failing: toSourceFault(error).message };
    }
    return this.#state;
  }

  close(): void {
    this.#ending.abort();
    clearTimeout(this.#timer);
  }

  async #lookAndWait(): Promise<void> {
    await this.look();
    if (this.#ending.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#lookAndWait(), this.#options.everyMs);
    this.#timer.unref();
  }
}

/** A JSON array of PEM certificates. */
function parseRoots(body: Buffer): readonly X509Certificate[] {
  try {
    const roots: unknown = JSON.parse(body.toString('utf8'));
    if (!Array.isArray(roots) || roots.length === 0) throw new TypeError('it is no array of roots');
    return roots.map((pem) => new X509Certificate(String(pem)));
  } catch (error) {
    throw new SourceFault('invalid', `no list of roots: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function compareRoots(
  served: readonly X509Certificate[],
  anchors: readonly AnchorSource[],
): readonly RootDrift[] {
  const pins = new Map(anchors.map((anchor) => [anchor.record.spkiSha256, anchor]));
  const keys = served.map((root) => ({ root, spkiSha256: spkiOf(root) }));
  const unexpected = keys.flatMap(({ root, spkiSha256 }): RootDrift[] => {
    const anchor = pins.get(spkiSha256);
    if (anchor === undefined) {
      return [
        drift(spkiSha256, 'a root is served whose key is not pinned: look for a new release'),
      ];
    }
    const digest = sha256Hex(root.raw);
    const isKnown = anchor.certificates.some((each) => sha256Hex(each) === digest);
    return isKnown
      ? []
      : [drift(spkiSha256, `${anchor.record.id} has been issued a new certificate`)];
  });
  const gone = [...pins].filter(([pin]) => !keys.some(({ spkiSha256 }) => spkiSha256 === pin));
  return [
    ...unexpected,
    ...gone.map(([pin, { record }]) => drift(pin, `${record.id} is no longer served`)),
  ];
}

function drift(spkiSha256: string, text: string): RootDrift {
  return { code: 'ROOT_DRIFT', text, spkiSha256 };
}

function spkiOf(root: X509Certificate): string {
  return sha256Hex(root.publicKey.export({ format: 'der', type: 'spki' }));
}
