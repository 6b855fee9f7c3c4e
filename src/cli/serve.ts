/** `attest serve`: run the service until it is told to stop. */
import { loadConfig, toPrintableConfig } from '../config.ts';
import { parseCount } from './arguments.ts';
import { EXIT, type Io } from './io.ts';
import { stopSignal } from './stop-signal.ts';

export interface ServeOptions {
  readonly host?: string;
  readonly port?: string;
  readonly listeners?: string;
  readonly config?: string;
  readonly printConfig?: boolean;
}

/** Gives the exit code once the service has stopped. */
export async function serve(options: ServeOptions, io: Io): Promise<number> {
  const { host, port, listeners, config: file, printConfig } = options;
  const config = loadConfig({
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: parseCount('--port', 0)(port) }),
    ...(listeners === undefined ? {} : { listeners: parseCount('--listeners', 0)(listeners) }),
    ...(file === undefined ? {} : { config: file }),
  });
  if (printConfig) {
    io.out(`${JSON.stringify(toPrintableConfig(config), null, 2)}\n`);
    return EXIT.accept;
  }
  const { startService } = await import('../main.ts');
  const service = await startService(config);
  io.err(`enigm-attest (${config.environment}) listens on ${service.url}\n`);
  await stopSignal();
  await service.close();
  return EXIT.accept;
}
