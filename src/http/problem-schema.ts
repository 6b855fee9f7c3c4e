/** Problem documents as JSON Schema: what any route may answer instead of what was asked for. */
import Type from 'typebox';
import { PROBLEM_MEDIA_TYPE } from '../request/index.ts';

export const ProblemSchema = Type.Object(
  {
    type: Type.Literal('about:blank'),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; switch on it.' }),
    detail: Type.String(),
    member: Type.Optional(Type.String({ description: 'Member of the request at fault.' })),
  },
  { additionalProperties: false, title: 'Problem' },
);

const ProblemAnswer = {
  description: 'Problem',
  content: { [PROBLEM_MEDIA_TYPE]: { schema: ProblemSchema } },
};

/** What every route may answer instead of what was asked for. */
export const ProblemResponses = { '4xx': ProblemAnswer, '5xx': ProblemAnswer };
