/** From a chain as sent to a path verified up to an anchor. */
export { type ParsedChain, parseChain } from './chain.ts';
export type { Layout, Role, Shape } from './layout.ts';
export type { CertifiedLevel } from './level.ts';
export {
  type LinkKind,
  type LinkMemory,
  NO_LINKS,
  type VerifiedLink,
} from './memory.ts';
export * from './path.ts';
export { checkValidity } from './validity.ts';
export { rememberUppers } from './warm-up.ts';
