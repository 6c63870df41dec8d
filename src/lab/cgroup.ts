import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Lab } from './scene.ts';

/** Mount point of a hierarchy: of cgroup v2, or of v1 with this controller; undefined when it is not mounted. */
export function cgroupMount(
  kind: 'v2' | 'freezer' | 'cpu' | 'memory' | 'blkio' | 'pids',
): string | undefined {
  for (const line of readFileSync('/proc/mounts', 'latin1').split('\n')) {
    const [, mount, type, options] = line.split(' ');
    const found =
      kind === 'v2' ? type === 'cgroup2' : type === 'cgroup' && options?.split(',').includes(kind);
    if (found) return mount;
  }
  return undefined;
}

/** Whether this controller of cgroup v2 is switched on for children of the root. */
export function isOnInV2(controller: 'cpu' | 'io' | 'memory' | 'pids'): boolean {
  const mount = cgroupMount('v2');
  if (mount === undefined) return false;
  const on = readFileSync(join(mount, 'cgroup.subtree_control'), 'latin1').trim().split(' ');
  return on.includes(controller);
}

/** Makes an empty cgroup, named after the lab's run, below that mount point (or below another cgroup). */
export function makeCgroup(lab: Lab, parent: string): string {
  const dir = join(parent, `procdiag-${basename(lab.dir)}`);
  mkdirSync(dir);
  lab.undo(`rmdir ${dir}`);
  return dir;
}

/** Puts a process into a cgroup v2 and freezes `frozen`, which is that cgroup or an ancestor. */
export function freezeV2(lab: Lab, frozen: string, cgroup: string, pid: number): void {
  writeFileSync(join(cgroup, 'cgroup.procs'), `${pid}`);
  lab.release(`echo 0 > ${frozen}/cgroup.freeze`);
  writeFileSync(join(frozen, 'cgroup.freeze'), '1');
}

/** Whether all of a cgroup v2 is frozen, be it by itself or by an ancestor. */
export function frozenV2(cgroup: string): boolean {
  return /^frozen 1$/m.test(readFileSync(join(cgroup, 'cgroup.events'), 'latin1'));
}
