/** The report and how its parts are made. */
export * from './chain.ts';
export * from './findings.ts';
export * from './key-description.ts';
export * from './release.ts';
export * from './report.ts';
export * from './text.ts';
