/** Anchors pinned by key, with what is known of each. */
export * from './anchor-set.ts';
export * from './record.ts';
