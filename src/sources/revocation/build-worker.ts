/** The thread that reads and compiles lists, so that a million entries hold up no request. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BuildJob, buildSnapshot } from './build.ts';

parentPort?.postMessage(await buildSnapshot(workerData as BuildJob));
