/** `attest inspect`: what the bytes claim. Verifies nothing and says so. */
import { FINDING_CODES, type Finding, newEffort } from '../core/base/index.ts';
import { parseUnverifiedKeyDescription } from '../core/key-description/index.ts';
import { parseChain } from '../core/path/index.ts';
import {
  type ReportCertificate,
  type ReportKeyDescription,
  toReportKeyDescription,
  toUnverifiedCertificates,
} from '../core/report/index.ts';
import { type Certificate, extensionOf } from '../core/x509/index.ts';
import { readEvidence, UnreadableInput } from './evidence-file.ts';
import { EXIT, type Io } from './io.ts';
import { columns, styleOf, wrap } from './render/style.ts';

interface InspectOptions {
  readonly format?: 'text' | 'json';
}

/** What one file claims. */
interface Claims {
  readonly input: string;
  /** Always false: nothing here has been verified. */
  readonly verified: false;
  readonly certificates: readonly ReportCertificate[];
  readonly keyDescriptions: readonly {
    readonly cert: number;
    readonly keyDescription: ReportKeyDescription | null;
    readonly broken: Finding | null;
  }[];
  readonly broken: Finding | null;
}

/** Gives the exit code: 0, or 65 if an input could not be read. */
export async function inspect(
  files: readonly string[],
  options: InspectOptions,
  io: Io,
): Promise<number> {
  let exitCode: number = EXIT.accept;
  for (const file of files) {
    try {
      const { chain } = await readEvidence(file, io);
      const claims = readClaims(file, chain);
      io.out(options.format === 'json' ? `${JSON.stringify(claims)}\n` : render(claims, io));
    } catch (error) {
      if (!(error instanceof UnreadableInput)) throw error;
      io.err(`${file}: no evidence: ${error.message}\n`);
      exitCode = EXIT.unreadable;
    }
  }
  return exitCode;
}

function readClaims(input: string, chain: readonly Uint8Array[]): Claims {
  const { certificates, broken } = parseChain(chain, newEffort());
  return {
    input,
    verified: false,
    certificates: toUnverifiedCertificates(certificates),
    keyDescriptions: certificates.flatMap((certificate, cert) => {
      const claimed = readDescription(certificate, cert);
      return claimed === null ? [] : [{ cert, ...claimed }];
    }),
    broken,
  };
}

function readDescription(certificate: Certificate, cert: number) {
  if (extensionOf(certificate, 'keyDescription') === undefined) return null;
  const parsed = parseUnverifiedKeyDescription(certificate, cert, newEffort());
  return parsed.ok
    ? { keyDescription: toReportKeyDescription(parsed.value, 'redacted'), broken: null }
    : { keyDescription: null, broken: parsed.finding };
}

function render({ input, certificates, keyDescriptions, broken }: Claims, io: Io): string {
  const style = styleOf(io.colour);
  const sections = [
    `${style.open('UNVERIFIED')}  ${style.strong(input)}\n${wrap('What the bytes claim. No signature, name or date was checked; anyone can write this.', '', io.width)}`,
    columns(
      certificates.map(({ index, publicKey, notBefore, notAfter, subject }) => [
        String(index),
        publicKey,
        `${notBefore.slice(0, 10)} to ${notAfter.slice(0, 10)}`,
        subject,
      ]),
      '  ',
    ),
    ...keyDescriptions.map(({ cert, keyDescription, broken: fault }) =>
      keyDescription === null
        ? `  KeyDescription of certificate ${cert}: ${describe(fault as Finding)}`
        : `  KeyDescription of certificate ${cert}:\n${indent(JSON.stringify(keyDescription, null, 2))}`,
    ),
    ...(broken === null ? [] : [`  reading stopped: ${describe(broken)}`]),
  ];
  return `${sections.filter((section) => section.trim() !== '').join('\n\n')}\n\n`;
}

function describe({ code, at }: Finding): string {
  const place = [`certificate ${at.cert ?? '?'}`, at.field, `byte ${at.offset ?? '?'}`];
  return `${code} at ${place.filter((part) => part !== undefined).join(', ')}: ${FINDING_CODES[code].text}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
