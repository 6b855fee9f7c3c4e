/** Known releases of operating systems. */
export * from './registry-faults.ts';
export * from './release.ts';
