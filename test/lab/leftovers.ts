import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cgroupMount } from '../../src/lab/cgroup.ts';
import { stateOf } from '../../src/lab/peek.ts';

/** What a run of the lab could leave behind on the host. */
export interface Run {
  dir: string;
  pids: number[];
  /** core_pattern as it was before the run. */
  corePattern: string;
}

export function corePattern(): string {
  return readFileSync('/proc/sys/kernel/core_pattern', 'latin1');
}

/** All that is still there of a run, in words; empty when it is cleaned up. Looks at nothing that could block. */
export function leftovers(run: Run): string[] {
  const left: string[] = [];
  for (const pid of run.pids) if (stateOf(pid) !== '') left.push(`process ${pid} (${stateOf(pid)})`);
  for (const line of readFileSync('/proc/mounts', 'latin1').split('\n')) {
    if (line.includes(run.dir)) left.push(`mount ${line}`);
  }
  for (const device of readdirSync('/sys/block').filter((name) => name.startsWith('loop'))) {
    const file = join('/sys/block', device, 'loop', 'backing_file');
    if (existsSync(file) && readFileSync(file, 'latin1').includes(run.dir)) left.push(device);
  }
  for (const line of readFileSync('/proc/swaps', 'latin1').trimEnd().split('\n').slice(1)) {
    const device = basename(line.split(' ')[0] ?? '');
    const file = join('/sys/block', device, 'loop', 'backing_file');
    if (existsSync(file) && readFileSync(file, 'latin1').includes(run.dir)) left.push(`swap ${line}`);
  }
  for (const kind of ['v2', 'freezer', 'memory', 'blkio', 'pids', 'cpu'] as const) {
    const mount = cgroupMount(kind);
    if (!mount) continue;
    const mine = readdirSync(mount).filter((name) => name.endsWith(basename(run.dir)));
    left.push(...mine.map((name) => `cgroup ${name}`));
  }
  if (corePattern() !== run.corePattern) left.push(`core_pattern ${corePattern()}`);
  // Last: while a mount is below it, even a look at the directory could block.
  if (left.length === 0 && existsSync(run.dir)) left.push(run.dir);
  return left;
}
