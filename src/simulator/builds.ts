/** Builds that simulated devices run. */
import type { Release } from '../core/reference/index.ts';
import type { Build } from './device.ts';
import { SeededRandom } from './random.ts';

/** Every build of a registry: a release on each of its models. */
export function buildsOfReleases(releases: readonly Release[]): readonly Build[] {
  return releases.flatMap((release) =>
    release.models.map((model, index) => ({
      name: release.name,
      model,
      manufacturer: 'Enigm',
      verifiedBootKey: fromHex(at(release.verifiedBootKeys, index)),
      vbmetaDigest: fromHex(at(release.vbmetaDigests, index)),
      osVersion: release.osVersion,
      osPatchLevel: release.osPatchLevel,
      vendorPatchLevel: release.vendorPatchLevel,
      bootPatchLevel: release.bootPatchLevel,
    })),
  );
}

/** Phones of other makers with their makers' systems, patched in the month of `now`. */
export function stockBuilds(now: number): readonly Build[] {
  const date = new Date(now);
  const month = date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
  return ['Simulated Phone 1', 'Simulated Phone 2', 'Simulated Phone 3'].map((model) => {
    const random = new SeededRandom(model);
    return {
      name: `stock ${model}`,
      model,
      manufacturer: 'Simulated',
      verifiedBootKey: random.bytes(32),
      vbmetaDigest: random.bytes(32),
      osVersion: 160000,
      osPatchLevel: month,
      vendorPatchLevel: month * 100 + 5,
      bootPatchLevel: month * 100 + 5,
    };
  });
}

function at(values: readonly string[], index: number): string {
  return values[index % values.length] as string;
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
