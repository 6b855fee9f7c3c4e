/** The rules of the policy format, read off its schema. */
import { PolicySchema } from '../../src/sources/policy-schema.ts';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly enum?: readonly string[];
  readonly description?: string;
}

interface FormatRule {
  /** Place in the document, such as `rules.keySize`. */
  readonly place: string;
  readonly description: string;
}

const WITHOUT_SEVERITY: readonly FormatRule[] = [
  { place: 'challenge', description: 'The challenge is there to compare, where one is asked for.' },
  { place: 'revocation', description: 'The lists that the anchor needs are fresh enough.' },
];

/** What a patch level or a signal asks, whose members are severities themselves. */
const SAID_BY_NAME: Readonly<Record<string, string>> = {
  missing: 'The level is there and not 0.',
  malformed: 'The level is a date.',
};

/** Every place of the format that has a severity or is one, and the two that decide without. */
export function rulesOfFormat(): readonly FormatRule[] {
  const { rules } = (PolicySchema as unknown as Required<SchemaNode>).properties;
  return [...WITHOUT_SEVERITY, ...rulesIn(rules as SchemaNode, 'rules')];
}

function rulesIn(node: SchemaNode, place: string): readonly FormatRule[] {
  const members = Object.entries(node.properties ?? {});
  if (members.some(([name]) => name === 'severity')) {
    return [{ place, description: node.description ?? '' }];
  }
  if (node.enum?.includes('ignore')) {
    const name = place.split('.').at(-1) ?? '';
    return [{ place, description: SAID_BY_NAME[name] ?? 'The record does not carry this mark.' }];
  }
  return members.flatMap(([name, member]) => rulesIn(member, `${place}.${name}`));
}
