/** Policies: what is asked of proven evidence. */
export { BUILTIN_POLICIES } from './builtin.ts';
export * from './caller-context.ts';
export * from './eligibility.ts';
export { evaluatePolicy } from './evaluate.ts';
export * from './policy.ts';
export * from './rollback.ts';
export * from './subject.ts';
