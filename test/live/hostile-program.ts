import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { privateDir } from '../../src/lab/compile.ts';
import type { Lab, LabProcess } from '../../src/lab/scene.ts';

const SOURCE = join(import.meta.dirname, 'programs/hostile.c');

/** Compiles programs/hostile.c, once for its content. */
function hostileProgram(): string {
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16);
  const binary = join(privateDir(), `hostile-${hash}`);
  if (existsSync(binary)) return binary;
  execFileSync('gcc', ['-O1', '-Wall', '-pthread', '-o', `${binary}.${process.pid}`, SOURCE]);
  renameSync(`${binary}.${process.pid}`, binary);
  return binary;
}

/** Starts one of them; resolves when it is what it has to be. */
export async function startHostile(
  lab: Lab,
  kind: string,
  argument: string,
  more: string[] = [],
): Promise<LabProcess> {
  const started = await lab.start(hostileProgram(), [kind, argument, ...more], { stdio: 'lines' });
  await started.line();
  return started;
}
