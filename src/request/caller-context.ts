/** The member `context` of a request: what the caller knows of the device. It can only narrow. */
import type { RequestContext } from '../core/binding/index.ts';
import {
  type CallerContext,
  type Floor,
  floorOfReport,
  LIFECYCLE_STATES,
} from '../core/policy/index.ts';
import { compileSchema } from '../json-schema.ts';
import { ContextSchema } from './context.ts';

const STRICT = { type: 'object', additionalProperties: false } as const;
const word = (description: string) =>
  ({ type: 'string', pattern: '^[^\\p{C}]{1,128}$', description }) as const;
const LEVEL = { type: 'integer', minimum: 1, maximum: 99_999_999 } as const;

export const CallerContextSchema = {
  ...STRICT,
  description: 'What the caller knows of the device. It can only narrow.',
  properties: {
    ...ContextSchema.properties,
    lifecycle: {
      type: 'string',
      enum: LIFECYCLE_STATES,
      description: 'Where the device stands with its enroller.',
    },
    enrolled: { type: 'boolean' },
    channel: word('The release channel the device is on.'),
    cohort: word('The rollout cohort the device is in.'),
    floor: {
      ...STRICT,
      minProperties: 1,
      description: 'Version and patch levels the device was seen at, as it reported them.',
      properties: {
        osVersion: LEVEL,
        osPatchLevel: LEVEL,
        vendorPatchLevel: LEVEL,
        bootPatchLevel: LEVEL,
      },
    },
    lastReport: {
      type: 'object',
      description: 'An earlier report on this device, as it was answered: sets a floor.',
      properties: {
        reportVersion: { type: 'integer', const: 1 },
        keyDescription: {
          type: 'object',
          properties: { hardwareEnforced: { type: 'object' } },
          required: ['hardwareEnforced'],
        },
      },
      required: ['reportVersion', 'keyDescription'],
    },
  },
} as const;

/** A `context` of that schema. */
export interface CallerContextDocument extends RequestContext {
  readonly lifecycle?: NonNullable<CallerContext['lifecycle']>;
  readonly enrolled?: boolean;
  readonly channel?: string;
  readonly cohort?: string;
  readonly floor?: Floor['levels'];
  readonly lastReport?: Parameters<typeof floorOfReport>[0];
}

const CHECK = compileSchema<CallerContextDocument>(CallerContextSchema);

/** Checks a parsed `context`; a string says what is wrong with it. */
export function checkCallerContext(document: unknown): CallerContext | string {
  if (CHECK.accepts(document)) return toCallerContext(document);
  const [member, text] = CHECK.explain(document);
  return `${member ?? 'the context'} ${text}`;
}

/** The members that a challenge can be bound to. */
export function toRequestContext({
  handle,
  enrolment,
  action,
  requestDigest,
  transport,
}: CallerContextDocument): RequestContext {
  return {
    ...(handle === undefined ? {} : { handle }),
    ...(enrolment === undefined ? {} : { enrolment }),
    ...(action === undefined ? {} : { action }),
    ...(requestDigest === undefined ? {} : { requestDigest }),
    ...(transport === undefined ? {} : { transport }),
  };
}

/** A checked `context` in the form judgement takes it. */
export function toCallerContext(document: CallerContextDocument): CallerContext {
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
