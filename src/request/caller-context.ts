/** The member `context` of a request: what the caller knows of the device. It can only narrow. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { RequestContext } from '../core/binding/index.ts';
import {
  type CallerContext,
  type Floor,
  floorOfReport,
  LIFECYCLE_STATES,
} from '../core/policy/index.ts';
import { ContextSchema } from './context.ts';

const STRICT = { additionalProperties: false } as const;
const Word = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[^\\p{C}]{1,128}$', description }));
const oneOf = <const Names extends readonly string[]>(names: Names, description: string) =>
  Type.Optional(
    Type.Union(
      names.map((name) => Type.Literal(name as Names[number])),
      { description },
    ),
  );
const Level = Type.Optional(Type.Integer({ minimum: 1, maximum: 99_999_999 }));

export const CallerContextSchema = Type.Object(
  {
    ...ContextSchema.properties,
    lifecycle: oneOf(LIFECYCLE_STATES, 'Where the device stands with its enroller.'),
    enrolled: Type.Optional(Type.Boolean()),
    channel: Word('The release channel the device is on.'),
    cohort: Word('The rollout cohort the device is in.'),
    floor: Type.Optional(
      Type.Object(
        { osVersion: Level, osPatchLevel: Level, vendorPatchLevel: Level, bootPatchLevel: Level },
        {
          ...STRICT,
          minProperties: 1,
          description: 'Version and patch levels the device was seen at, as it reported them.',
        },
      ),
    ),
    lastReport: Type.Optional(
      Type.Object(
        {
          reportVersion: Type.Literal(1),
          keyDescription: Type.Object({
            hardwareEnforced: Type.Record(Type.String(), Type.Unknown()),
          }),
        },
        { description: 'An earlier report on this device, as it was answered: sets a floor.' },
      ),
    ),
  },
  { ...STRICT, description: 'What the caller knows of the device. It can only narrow.' },
);

const VALIDATOR = Compile(CallerContextSchema);

/** Checks a parsed `context`; a string says what is wrong with it. */
export function checkCallerContext(document: unknown): CallerContext | string {
  if (VALIDATOR.Check(document)) return toCallerContext(document);
  const [error] = VALIDATOR.Errors(document).toSorted(
    (a, b) => b.instancePath.length - a.instancePath.length,
  );
  const place = error?.instancePath.slice(1).replaceAll('/', '.') || 'the context';
  return `${place} ${error?.keyword === 'boolean' ? 'is not a known member' : error?.message}`;
}

/** The members that a challenge can be bound to. */
export function toRequestContext({
  handle,
  enrolment,
  action,
  requestDigest,
  transport,
}: Static<typeof CallerContextSchema>): RequestContext {
  return {
    ...(handle === undefined ? {} : { handle }),
    ...(enrolment === undefined ? {} : { enrolment }),
    ...(action === undefined ? {} : { action }),
    ...(requestDigest === undefined ? {} : { requestDigest }),
    ...(transport === undefined ? {} : { transport }),
  };
}

/** A checked `context` in the form judgement takes it. */
export function toCallerContext(document: Static<typeof CallerContextSchema>): CallerContext {
  const { handle, lifecycle, enrolled, channel, cohort, action, floor, lastReport } = document;
  const floors: Floor[] = [];
  if (floor !== undefined) floors.push({ source: 'caller', levels: floor });
  if (lastReport !== undefined) {
    floors.push({ source: 'last-report', levels: floorOfReport(lastReport) });
  }
  return {
    handle: handle ?? null,
    lifecycle: lifecycle ?? null,
    enrolled: enrolled ?? null,
    channel: channel ?? null,
    cohort: cohort ?? null,
    action: action ?? null,
    floors,
  };
}
