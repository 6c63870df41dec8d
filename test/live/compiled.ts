import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { privateDir } from '../../src/lab/compile.ts';

/** Compiles programs/NAME.c, once for its content. */
export function compiled(name: string): string {
  const source = join(import.meta.dirname, 'programs', `${name}.c`);
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const binary = join(privateDir(), `${name}-${hash}`);
  if (existsSync(binary)) return binary;
  execFileSync('gcc', ['-O1', '-Wall', '-pthread', '-o', `${binary}.${process.pid}`, source]);
  renameSync(`${binary}.${process.pid}`, binary);
  return binary;
}
