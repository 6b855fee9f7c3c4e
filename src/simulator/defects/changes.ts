/** Changes to a planned chain that several defects are made of. */
import type { Bytes } from '../der.ts';
import {
  type Description,
  type Field,
  type RootOfTrustValues,
  rootOfTrustField,
  withField,
  withoutField,
} from '../key-description.ts';
import {
  type ChainPlan,
  certificateAt,
  change,
  changeParts,
  type Edit,
  signedWith,
} from '../plan.ts';
import type { Defect } from './defect.ts';

export type Apply = Defect['apply'];

const BOOT_KEY = new Uint8Array(32).fill(0x5a);
const BOOT_HASH = new Uint8Array(32).fill(0xa5);

/** Changes what certificate `index` says of its key. */
export function changeDescription(
  plan: ChainPlan,
  changes: (description: Description) => Partial<Description>,
  index = 0,
): void {
  const description = certificateAt(plan, index).description as Description;
  change(plan, index, { description: { ...description, ...changes(description) } });
}

/** Changes the hardware list of certificate `index`. */
export function changeHardware(
  plan: ChainPlan,
  changes: (list: readonly Field[]) => Field[],
  index = 0,
): void {
  changeDescription(
    plan,
    ({ hardwareEnforced }) => ({ hardwareEnforced: changes(hardwareEnforced) }),
    index,
  );
}

/** Changes the software list of certificate `index`. */
export function changeSoftware(
  plan: ChainPlan,
  changes: (list: readonly Field[]) => Field[],
  index = 0,
): void {
  changeDescription(
    plan,
    ({ softwareEnforced }) => ({ softwareEnforced: changes(softwareEnforced) }),
    index,
  );
}

/** Changes the root of trust of the leaf, and nothing else of what the device says. */
function changeRootOfTrust(plan: ChainPlan, changes: Partial<RootOfTrustValues>): void {
  changeDescription(plan, ({ bootedAs, hardwareEnforced }) => ({
    hardwareEnforced: withField(hardwareEnforced, rootOfTrustField({ ...bootedAs, ...changes })),
  }));
}

export function fromHex(hex: string): Bytes {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** The bytes with `find` replaced by `replacement`, which must occur exactly once. */
export function replaceOnce(bytes: Bytes, find: Bytes, replacement: Bytes): Bytes {
  const at = Buffer.from(bytes).indexOf(find);
  const again = Buffer.from(bytes).indexOf(find, at + 1);
  if (at < 0 || again >= 0) throw new RangeError('the bytes to replace do not occur exactly once');
  return new Uint8Array(
    Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + find.length)]),
  );
}

export function algorithms(index: number, algorithm: Bytes): Apply {
  return (plan) =>
    changeParts(plan, index, { innerAlgorithm: algorithm, outerAlgorithm: algorithm });
}

export function bootedAs(changes: Partial<RootOfTrustValues>): Apply {
  return (plan) => changeRootOfTrust(plan, changes);
}

export function editChain(plan: ChainPlan, edit: (chain: Bytes[]) => Bytes[]): void {
  plan.editChain = edit;
}

export function editTbs(index: number, edit: Edit): Apply {
  return (plan) => {
    change(plan, index, { editTbs: edit });
  };
}

export function hardware(replacement: Field): Apply {
  return (plan) => changeHardware(plan, (list) => withField(list, replacement));
}

/** Lets certificate `index` be issued by the one now above it. */
export function issueFrom(plan: ChainPlan, index: number): void {
  const issuer = certificateAt(plan, index + 1);
  const { parts, hash } = certificateAt(plan, index);
  change(plan, index, {
    parts: signedWith({ ...parts, issuer: issuer.parts.subject }, issuer.key, hash),
    signer: issuer.key,
  });
}

export function levels(attestationSecurityLevel: number, keyMintSecurityLevel: number): Apply {
  return (plan) =>
    changeDescription(plan, () => ({ attestationSecurityLevel, keyMintSecurityLevel }));
}

export function moveToSoftware(tag: number): Apply {
  return (plan) =>
    changeDescription(plan, ({ softwareEnforced, hardwareEnforced }) => ({
      softwareEnforced: withField(
        softwareEnforced,
        hardwareEnforced.find((each) => each.tag === tag) as Field,
      ),
      hardwareEnforced: withoutField(hardwareEnforced, tag),
    }));
}

/** A locked, verified root of trust but for what is given. */
export function rootOfTrust(changes: Partial<Parameters<typeof rootOfTrustField>[0]>): Field {
  return rootOfTrustField({
    verifiedBootKey: BOOT_KEY,
    deviceLocked: 0xff,
    verifiedBootState: 0,
    verifiedBootHash: BOOT_HASH,
    ...changes,
  });
}

export function software(replacement: Field): Apply {
  return (plan) => changeSoftware(plan, (list) => withField(list, replacement));
}

export function withoutHardware(tag: number): Apply {
  return (plan) => changeHardware(plan, (list) => withoutField(list, tag));
}
