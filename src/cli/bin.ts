#!/usr/bin/env node
/** The command. Looks at the version of Node before anything that an older one could not read. */

const OLDEST_NODE = 24;

const major = Number(process.versions.node.split('.')[0]);
if (major >= OLDEST_NODE) {
  const { main } = await import('./main.ts');
  await main();
} else {
  process.stderr.write(
    `enigm-attest needs Node ${OLDEST_NODE} or later and runs on ${process.version}. ` +
      'In a clone, use the npm scripts: they bring their own Node.\n',
  );
  process.exitCode = 78;
}
