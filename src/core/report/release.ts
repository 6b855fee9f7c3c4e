/** The release a device runs, in report form. */
import { toRfc3339 } from '../base/index.ts';
import type { Rollback } from '../policy/index.ts';
import type { Recognised, Release, ReleaseRegistry } from '../reference/index.ts';
import type { ReportRelease } from './report.ts';

/** What `registry` recognised, with what is to be said of it; null if nothing. */
export function toReportRelease(
  recognised: Recognised | null,
  registry: ReleaseRegistry | null,
  rollback: Rollback['state'],
): ReportRelease | null {
  if (recognised === null || registry === null) return null;
  const { id, name: series, sequence, expiresAt, signedBy } = registry;
  const source = { name: series, sequence, id, expiresAt: toRfc3339(expiresAt), signedBy };
  if (recognised.kind === 'system') {
    return {
      name: recognised.system.name,
      recognisedBy: 'boot-key',
      channel: null,
      stage: null,
      environment: null,
      production: false,
      behind: null,
      rollback,
      registry: source,
    };
  }
  const { release, standing } = recognised;
  const { name, channel, stage, environment } = release;
  return {
    name,
    recognisedBy: 'build',
    channel,
    stage,
    environment,
    production: isProduction(release),
    behind: standing,
    rollback,
    registry: source,
  };
}

/** Signed for production, and given to devices that are not tests; a withdrawn one no longer counts. */
function isProduction({ environment, stage }: Release): boolean {
  const isOut = stage !== 'draft' && stage !== 'validation' && stage !== 'withdrawn';
  return environment === 'production' && isOut;
}
