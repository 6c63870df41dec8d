import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { ThreadEvidence } from '../../evidence/thread.ts';
import { pointFacts } from '../facts.ts';
import type { Fact, Node } from '../graph.ts';
import { threadNode } from '../nodes.ts';
import { deepSleepers } from './sleepers.ts';

export interface MemoryHolder {
  readonly process: ProcessEvidence;
  readonly thread: ThreadEvidence;
  readonly node: Node;
  readonly how: string;
  readonly facts: readonly Fact[];
}

const IN_FAULT =
  /^(?:handle_mm_fault|__handle_mm_fault|do_user_addr_fault|filemap_fault|__do_fault|do_fault|do_page_fault|faultin_page|fault_in_\w+)$/;
/** On top: it does not hold the lock, it waits for it. */
const WAITS = /^(?:lock_mm_and_find_vma|down_read\w*|rwsem_down_\w+|mmap_read_lock\w*)$/;
const REMOTE =
  /^(?:__access_remote_vm|access_remote_vm|access_process_vm|get_user_pages_remote|__get_user_pages\w*|pin_user_pages_remote|process_vm_rw\w*|mem_rw|ptrace_access_vm)$/;

/**
 * Who may hold a process's mmap_lock while asleep: a thread of its own inside a page fault, or another process that reads
 * its memory and faults there. A task whose top frame is the lock's user itself only waits for the lock.
 */
export function memoryHolders(evidence: Evidence, owner: ProcessEvidence): MemoryHolder[] {
  const found: MemoryHolder[] = [];
  const add = (process: ProcessEvidence, thread: ThreadEvidence, how: string) =>
    found.push({
      process,
      thread,
      node: threadNode(process, thread),
      how,
      facts: pointFacts(evidence, thread),
    });
  for (const thread of owner.threads) {
    const { frames } = thread;
    const fault = frames.findIndex((frame) => IN_FAULT.test(frame));
    if (WAITS.test(frames[0] ?? '')) continue;
    if (fault >= 0 && (fault > 0 || /^(?:filemap_fault|__do_fault)$/.test(frames[0] ?? ''))) {
      add(owner, thread, 'it sleeps inside a page fault of this memory');
    }
  }
  for (const { process, thread } of deepSleepers(evidence)) {
    if (process.pid === owner.pid || !readsMemoryOf(process, thread, owner.pid)) continue;
    add(process, thread, 'it sleeps in a fault while it reads this memory');
  }
  return found;
}

function readsMemoryOf(process: ProcessEvidence, thread: ThreadEvidence, pid: number): boolean {
  const { frames } = thread;
  const remote = frames.findIndex((frame) => REMOTE.test(frame));
  if (remote <= 0 || !frames.slice(0, remote).some((frame) => IN_FAULT.test(frame))) return false;
  const name = thread.syscallName ?? '';
  if (/^process_vm_/.test(name)) return thread.intArgument(0) === pid;
  if (name === 'ptrace') return thread.intArgument(1) === pid;
  const fd = thread.intArgument(0);
  const target = fd === undefined ? undefined : process.fd(fd)?.target;
  return target === undefined || target.startsWith(`/proc/${pid}/`);
}
