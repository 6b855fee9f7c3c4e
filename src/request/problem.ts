/** Problem documents (RFC 9457): what went wrong with a request, with a stable code. */

export type ProblemCode =
  | 'EVIDENCE_EMPTY'
  | 'EVIDENCE_NOT_BASE64'
  | 'EVIDENCE_NOT_PEM'
  | 'EVIDENCE_NOT_READABLE'
  | 'REQUEST_NOT_JSON'
  | 'REQUEST_INVALID'
  | 'REQUEST_TOO_LARGE'
  | 'REQUEST_MEDIA_TYPE'
  | 'REQUEST_RATE'
  | 'REQUEST_TIMEOUT'
  | 'REQUEST_HEADERS_TOO_LARGE'
  | 'POLICY_UNKNOWN'
  | 'AUDIENCE_UNKNOWN'
  | 'RESULT_NOT_SIGNED'
  | 'NOT_FOUND'
  | 'NOT_AUTHENTICATED'
  | 'SERVICE_BUSY'
  | 'SERVICE_NOT_READY'
  | 'INTERNAL';

export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  /** The member of the request that is at fault, in dotted form. */
  readonly member?: string;
}

const STATUS: Readonly<Record<ProblemCode, number>> = {
  EVIDENCE_EMPTY: 400,
  EVIDENCE_NOT_BASE64: 400,
  EVIDENCE_NOT_PEM: 400,
  EVIDENCE_NOT_READABLE: 400,
  REQUEST_NOT_JSON: 400,
  REQUEST_INVALID: 400,
  REQUEST_TOO_LARGE: 413,
  REQUEST_MEDIA_TYPE: 415,
  REQUEST_RATE: 429,
  REQUEST_TIMEOUT: 408,
  REQUEST_HEADERS_TOO_LARGE: 431,
  POLICY_UNKNOWN: 404,
  AUDIENCE_UNKNOWN: 400,
  RESULT_NOT_SIGNED: 503,
  NOT_FOUND: 404,
  NOT_AUTHENTICATED: 401,
  SERVICE_BUSY: 503,
  SERVICE_NOT_READY: 503,
  INTERNAL: 500,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export function toProblem(
  code: ProblemCode,
  detail: string,
  member: string | null = null,
): Problem {
  const status = STATUS[code];
  const title = TITLES[status] as string;
  return {
    type: 'about:blank',
    title,
    status,
    code,
    detail,
    ...(member === null ? {} : { member }),
  };
}
