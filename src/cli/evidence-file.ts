/**
 * Evidence in files: a PEM bundle, a JSON array of base64 DER, a JSON request body, or DER certificates
 * one after another. `-` is standard input.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseChainText, parsePem, splitConcatenatedDer } from '../core/evidence/index.ts';
import { parseVerifyRequest, type VerifyRequest } from '../request/index.ts';
import type { Io } from './io.ts';

/** No evidence could be read from this input. Exit code 65. */
export class UnreadableInput extends Error {
  readonly code = 'EVIDENCE_UNREADABLE';
}

/** Reads a file as a request: what a file does not say is null. */
export async function readEvidence(file: string, io: Io): Promise<VerifyRequest> {
  const bytes = await readBytes(file, io);
  const first = bytes.find((octet) => !isJsonSpace(octet));
  if (first === undefined) throw new UnreadableInput('it is empty');
  // An identifier octet of SEQUENCE is the digit 0 in ASCII, which begins no other form.
  if (bytes[0] === 0x30) return bare(splitConcatenatedDer(bytes));
  const text = toText(bytes);
  if (first === OPENING_BRACE) return fromRequest(text);
  if (first === OPENING_BRACKET) return bare(fromArray(text));
  const parsed = parsePem(text);
  if (!parsed.ok) throw new UnreadableInput(parsed.fault.text);
  return bare(parsed.chain);
}

async function readBytes(file: string, io: Io): Promise<Uint8Array> {
  if (file === '-') return io.readStdin();
  try {
    return readFileSync(path.resolve(io.folder, file));
  } catch (error) {
    throw new UnreadableInput(
      `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
}

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

function isJsonSpace(octet: number): boolean {
  return octet === 0x20 || octet === 0x09 || octet === 0x0a || octet === 0x0d;
}

function bare(chain: VerifyRequest['chain']): VerifyRequest {
  return {
    chain,
    chainTexts: null,
    challenge: null,
    policy: null,
    publicKey: null,
    statement: null,
    context: {},
    result: 'report',
    audience: null,
    enrol: false,
    enrolmentRecord: null,
  };
}

function fromRequest(json: string): VerifyRequest {
  const parsed = parseVerifyRequest(json);
  if (parsed.ok) return parsed.request;
  const { member, text } = parsed.fault;
  throw new UnreadableInput(member === null ? text : `${member}: ${text}`);
}

function fromArray(json: string): VerifyRequest['chain'] {
  let texts: unknown;
  try {
    texts = JSON.parse(json);
  } catch (error) {
    throw new UnreadableInput(`it is no JSON: ${(error as Error).message}`);
  }
  if (!isTexts(texts)) throw new UnreadableInput('it is no array of base64 texts');
  const parsed = parseChainText(texts);
  if (!parsed.ok) throw new UnreadableInput(parsed.fault.text);
  return parsed.chain;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** A byte order mark stays and is refused where it stands (THREATS B04). */
function toText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UnreadableInput('it is neither text nor DER');
  }
}
