/** Known releases of operating systems. */
export * from './release.ts';
