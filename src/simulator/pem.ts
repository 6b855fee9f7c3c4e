/** PEM, as devices' apps send it. */
import type { Bytes } from './der.ts';

export function toPem(chain: readonly Bytes[]): string {
  return chain
    .map((der) => {
      const lines =
        Buffer.from(der)
          .toString('base64')
          .match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}
