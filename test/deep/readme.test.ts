/** The README's commands as written, in a fresh clone, as a new user would type them. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Commands, commandsIn, README } from '../support/readme.ts';

const clone = path.join(mkdtempSync(path.join(tmpdir(), 'enigm-attest-clone-')), 'clone');
const blocks = commandsIn(readFileSync(README, 'utf8')).filter(({ kind }) => kind !== 'unmarked');
let service: ChildProcess | undefined;
/** Its exit code, once it has ended. */
let ended: Promise<number | null> | undefined;

beforeAll(() => {
  execFileSync('git', ['clone', '-q', '.', clone]);
});

afterAll(() => {
  service?.kill('SIGTERM');
});

/** The environment of a shell that knows nothing of this test run. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
  const PATH = (process.env['PATH'] ?? '')
    .split(':')
    .filter((each) => !each.includes('node_modules'));
  return {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    PATH: PATH.join(':'),
  };
}

function run({ text, prints, exitCode }: Commands): void {
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', text], {
    cwd: clone,
    encoding: 'utf8',
    env: cleanEnvironment(),
  });
  const said = `${stdout}${stderr}`;
  expect(said).toContain(prints);
  // Its own last words say what was wrong, above all those of a whole test run.
  expect(status, said.slice(-1500)).toBe(exitCode);
}

async function serve({ text, prints }: Commands): Promise<void> {
  service = spawn('bash', ['-c', `exec ${text.trim()}`], { cwd: clone, env: cleanEnvironment() });
  const said: string[] = [];
  service.stdout?.on('data', (chunk) => said.push(String(chunk)));
  service.stderr?.on('data', (chunk) => said.push(String(chunk)));
  let code: number | null | undefined;
  ended = new Promise((resolve) => service?.once('exit', resolve));
  void ended.then((exitCode) => {
    code = exitCode;
  });
  await expect
    .poll(() => code !== undefined || said.join('').includes(prints), { timeout: 30_000 })
    .toBe(true);
  // A port that is taken, say.
  expect(code, said.join('')).toBeUndefined();
}

test.each(blocks.map((block) => [block.text.trim().split('\n').at(-1) as string, block] as const))(
  '%s',
  async (_, block) => {
    if (block.kind === 'serve') await serve(block);
    else run(block);
  },
);

test('the service stops when it is told to, with exit code 0', async () => {
  service?.kill('SIGTERM');
  expect(await ended).toBe(0);
});
