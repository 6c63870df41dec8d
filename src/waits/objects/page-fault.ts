import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { ThreadEvidence } from '../../evidence/thread.ts';
import { parseMaps } from '../../procfs/maps.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { inFrames, type WaitContext } from '../wait.ts';
import { isFuse, isNetwork, mountOfPath } from './mount.ts';

/** The architectures' own functions last: of x86, of arm64. */
const FAULT =
  /^(?:filemap_fault|__do_fault|do_fault|do_swap_page|handle_mm_fault|__handle_mm_fault|do_user_addr_fault|exc_page_fault|do_page_fault|do_translation_fault|do_mem_abort)$/;
const REMOTE =
  /^(?:__access_remote_vm|access_remote_vm|get_user_pages_remote|process_vm_rw\w*|mem_rw|ptrace_access_vm)$/;

export const isFaulting = (thread: ThreadEvidence): boolean => inFrames(thread, FAULT);

/** Whose memory the faulting page belongs to: its own, or that of the process which it reads (mem, process_vm_readv). */
export function faultedProcess({ evidence, process, thread }: WaitContext): ProcessEvidence {
  if (!inFrames(thread, REMOTE)) return process;
  const fd = thread.intArgument(0);
  const target = fd === undefined ? undefined : process.fd(fd)?.target;
  const byPath = /^\/proc\/(\d+)\//.exec(target ?? '')?.[1];
  const byCall = /^process_vm_/.test(thread.syscallName ?? '') ? fd : thread.intArgument(1);
  return evidence.process(byPath === undefined ? byCall : Number(byPath)) ?? process;
}

/**
 * Mounts that can make a fault wait for somebody: FUSE and network mounts from which the process maps files; where its maps
 * cannot be read (mmap_lock is held), the FUSE mounts that it can see, as a guess (`sure` false).
 */
export function mappedMounts(
  evidence: Evidence,
  process: ProcessEvidence,
): { mounts: readonly Mount[]; sure: boolean } {
  const paths = mappedPaths(evidence, process);
  const slow = (mount: Mount | undefined): mount is Mount =>
    mount !== undefined && (isFuse(mount) || isNetwork(mount));
  const mounts = paths.map((path) => mountOfPath(process, path)).filter(slow);
  if (mounts.length > 0)
    return { mounts: [...new Map(mounts.map((mount) => [mount.id, mount])).values()], sure: true };
  const isUnread = evidence.world.parsed(`${process.dir}/maps`, parseMaps) === undefined;
  return { mounts: isUnread ? process.mounts.filter(isFuse).slice(0, 8) : [], sure: false };
}

/** Paths of the files that a process maps, each once; none where its maps cannot be read. */
export function mappedPaths(evidence: Evidence, process: ProcessEvidence): string[] {
  const maps = evidence.world.parsed(`${process.dir}/maps`, parseMaps) ?? [];
  return [...new Set(maps.map(({ path }) => path ?? '').filter((path) => path.startsWith('/')))];
}

/** Mounts of which files are mapped shared and writable: a write fault on a frozen one waits. */
export function writableMappedMounts(evidence: Evidence, process: ProcessEvidence): Mount[] {
  const maps = evidence.world.parsed(`${process.dir}/maps`, parseMaps) ?? [];
  const paths = new Set(
    maps.filter(({ perms }) => perms.includes('w') && perms.endsWith('s')).map(({ path }) => path ?? ''),
  );
  const mounts = [...paths].filter((path) => path.startsWith('/')).map((path) => mountOfPath(process, path));
  return [
    ...new Map(mounts.filter((mount) => mount !== undefined).map((mount) => [mount.id, mount])).values(),
  ];
}
