/** Changes to the extensions of a planned certificate. */
import { type Bytes, elementsOf, objectIdentifier, split } from '../der.ts';
import { type ChainPlan, certificateAt, changeParts } from '../plan.ts';

export function addExtension(plan: ChainPlan, index: number, extension: Bytes): void {
  const { extensions } = certificateAt(plan, index).parts;
  changeParts(plan, index, { extensions: [...extensions, extension] });
}

/** Leaves out the extension with that identifier. */
export function removeExtension(plan: ChainPlan, index: number, dotted: string): void {
  const identifier = objectIdentifier(dotted);
  const { extensions } = certificateAt(plan, index).parts;
  changeParts(plan, index, { extensions: extensions.filter((each) => !has(each, identifier)) });
}

/** Puts an extension in the place of the one with its identifier. */
export function replaceExtension(plan: ChainPlan, index: number, replacement: Bytes): void {
  const [identifier] = elementsOf(split(replacement).content) as [Bytes];
  const { extensions } = certificateAt(plan, index).parts;
  changeParts(plan, index, {
    extensions: extensions.map((each) => (has(each, identifier) ? replacement : each)),
  });
}

function has(extension: Bytes, identifier: Bytes): boolean {
  return Buffer.from(extension).includes(identifier);
}
