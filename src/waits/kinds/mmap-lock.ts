import { pointFacts } from '../facts.ts';
import { edge, thing } from '../nodes.ts';
import { memoryHolders } from '../objects/memory-lock.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

/** Top frames of tasks that wait for their own process's mmap_lock (the lock function itself is not shown from 6.1 on). */
const CALLERS =
  /^(?:vm_mmap_pgoff|vm_munmap|__vm_munmap|__do_sys_(?:brk|mremap|munmap|madvise|mlock\w*)|__(?:x64|arm64)_sys_(?:brk|mremap|munmap)|do_mprotect_pkey|do_madvise|madvise_lock|do_mlock|do_munlock|dup_mmap|dup_mm|exit_mmap|__mm_populate|ksys_mmap_pgoff|down_(?:read|write)(?:_killable)?|rwsem_down_(?:read|write)_slowpath|mmap_(?:read|write)_lock_killable|do_exit|exit_mm|mm_release|futex_\w+|get_futex_key)$/;
/** The same in a page fault, on x86 and on arm64. */
const FAULTS =
  /^(?:lock_mm_and_find_vma|do_user_addr_fault|exc_page_fault|do_page_fault|do_translation_fault|do_mem_abort)$/;
const CALLS =
  /^(?:mmap|munmap|mprotect|brk|mremap|madvise|mlock|mlock2|munlock|mlockall|pkey_mprotect|clone|clone3|fork|vfork|shmat|shmdt|userfaultfd)$/;

/** Waits for the mmap_lock of its own process: the holder sleeps in a page fault, or reads this memory from outside. */
export const mmapLock: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state !== 'D') return undefined;
  const isFault = inFrames(thread, FAULTS, 2);
  if (!isFault && !inFrames(thread, CALLERS, 2)) return undefined;
  const top = thread.frames[0] ?? '';
  const call = thread.syscallName;
  const isAnyLock = !isFault && /^(?:rwsem_|down_|do_exit|exit_mm|futex_)/.test(top);
  if (isAnyLock && !CALLS.test(call ?? '')) return undefined;
  const holders = memoryHolders(evidence, process).filter((h) => h.thread.tid !== thread.tid);
  const lock = thing('lock', `mmap_lock:${process.pid}`, `mmap_lock of ${process.pid}`);
  const waits = edge(node, lock, 'waits for', lock.name, 'the function it sleeps in', []);
  return waitOf(context, {
    kind: 'kernel-lock',
    point: `${call ?? 'page fault'}: ${lock.name}`,
    subsystem: 'mmap-lock',
    killable: true,
    facts: pointFacts(evidence, thread),
    detail: { lock: 'mmap_lock' },
    hops:
      holders.length === 0
        ? [{ edges: [waits] }]
        : holders.slice(0, 4).map((holder) => ({
            next: { pid: holder.process.pid, tid: holder.thread.tid },
            edges: [waits, edge(lock, holder.node, 'held by', lock.name, holder.how, holder.facts, 'likely')],
          })),
  });
};
