/** `attest serve`: run the service. */
import { loadConfig, toPrintableConfig } from '../config.ts';
import { EXIT, type Io } from './io.ts';

export interface ServeOptions {
  readonly host?: string;
  readonly port?: string;
  readonly config?: string;
  readonly printConfig?: boolean;
}

/** Gives the exit code once the service has stopped. */
export async function serve(options: ServeOptions, io: Io): Promise<number> {
  const { host, port, config: file, printConfig } = options;
  const config = loadConfig({
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(file === undefined ? {} : { config: file }),
  });
  if (printConfig) {
    io.out(`${JSON.stringify(toPrintableConfig(config), null, 2)}\n`);
    return EXIT.accept;
  }
  return EXIT.internal;
}
