/** What this instance trusts, applies and can say: anchors, policies, findings. */
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { FINDING_CODES } from '../core/base/index.ts';
import type { Trust } from '../sources/trust.ts';
import { ProblemResponses } from './problem-schema.ts';

const Listing = Type.Array(Type.Record(Type.String(), Type.Unknown()));

export function registerKnowledge(server: FastifyInstance, trust: () => Trust): void {
  const findings = Object.entries(FINDING_CODES).map(([code, entry]) => ({ code, ...entry }));
  const anchors = () => trust().anchors.anchors.map(({ record }) => record);
  const policies = () =>
    [...trust().policies.values()].map(({ policy, digest }) => ({
      ...policy,
      digest,
      isDefault: policy.id === trust().defaultPolicy,
    }));
  const routes = [
    ['/v1/anchors', 'Anchors this instance trusts', anchors],
    ['/v1/policies', 'Policies this instance applies', policies],
    ['/v1/findings', 'Every finding a report can hold', () => findings],
  ] as const;
  for (const [url, summary, listing] of routes) {
    const response = { 200: Listing, ...ProblemResponses };
    server.get(url, { schema: { summary, response } }, async () => listing());
  }
}
