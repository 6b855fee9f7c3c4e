/** The thread that reads and compiles lists, so that a million entries hold up no request. */
import { parentPort } from 'node:worker_threads';
import { type BuildJob, buildSnapshot } from './build.ts';

parentPort?.on('message', async (job: BuildJob) => {
  parentPort?.postMessage(await buildSnapshot(job));
});
