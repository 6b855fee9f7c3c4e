/** Overrides at the command line reach the trail of the service that is running. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { trailFile } from '../../src/audit/files.ts';
import { leaveOverride } from '../../src/audit/overrides.ts';
import { serve } from '../support/service.ts';
import { newFolder } from '../support/terminal.ts';

function overridesIn(folder: string): unknown[] {
  return readFileSync(trailFile(folder), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"override"'))
    .map((line) => JSON.parse(line));
}

test('one that was left before the start, and one left while it runs, each once', async () => {
  const folder = newFolder();
  leaveOverride(folder, { setting: 'first', sources: ['a'] });
  const service = await serve({ audit: folder });
  leaveOverride(folder, { setting: 'second', sources: ['b'] });
  mkdirSync(path.join(folder, 'overrides'), { recursive: true });
  writeFileSync(path.join(folder, 'overrides', 'torn.json'), '{');
  await expect
    .poll(() => readdirSync(path.join(folder, 'overrides')), { timeout: 20_000 })
    .toEqual([]);
  await service.close();
  const text = JSON.stringify(overridesIn(folder));
  expect(overridesIn(folder)).toHaveLength(3);
  for (const word of ['first', 'second', 'unreadable'])
    expect(text.split(`"${word}"`)).toHaveLength(2);
});
