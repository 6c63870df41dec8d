import type { Resolver } from '../wait.ts';
import { autofs } from './autofs.ts';
import { blockIo } from './block-io.ts';
import { coredump } from './coredump.ts';
import { dOther } from './d-other.ts';
import { execDethread } from './exec-dethread.ts';
import { execStuck } from './exec-stuck.ts';
import { fileLock } from './file-lock.ts';
import { frozen } from './frozen.ts';
import { fsFrozen } from './fs-frozen.ts';
import { fuse } from './fuse.ts';
import { futex } from './futex.ts';
import { helperWait } from './helper-wait.ts';
import { jobStop } from './job-stop.ts';
import { kernelLock } from './kernel-lock.ts';
import { kernelThread } from './kernel-thread.ts';
import { memoryLimit } from './memory-limit.ts';
import { messageQueue } from './message-queue.ts';
import { mmapLock } from './mmap-lock.ts';
import { pidnsZap } from './pidns-zap.ts';
import { pipe } from './pipe.ts';
import { procReader } from './proc-reader.ts';
import { ptraceStop } from './ptrace-stop.ts';
import { running } from './running.ts';
import { semaphore } from './semaphore.ts';
import { sleeps } from './sleeps.ts';
import { socket } from './socket.ts';
import { tty } from './tty.ts';
import { unknown } from './unknown.ts';
import { vfork } from './vfork.ts';
import { waitChild } from './wait-child.ts';
import { watch } from './watch.ts';
import { zombie } from './zombie.ts';

/**
 * All kinds of wait. The first that recognises a thread tells what it waits for, so what is more certain or more specific
 * stands first: states that the kernel names, then frames that only one wait has, then system calls, then the vocabulary.
 * A new kind of wait is a file beside this one, and a line here.
 */
export const resolvers: readonly Resolver[] = [
  zombie,
  ptraceStop,
  frozen,
  jobStop,
  running,
  execStuck,
  pidnsZap,
  coredump,
  vfork,
  execDethread,
  fuse,
  helperWait,
  autofs,
  fsFrozen,
  memoryLimit,
  procReader,
  mmapLock,
  kernelLock,
  blockIo,
  dOther,
  kernelThread,
  waitChild,
  pipe,
  socket,
  tty,
  fileLock,
  watch,
  futex,
  semaphore,
  messageQueue,
  sleeps,
  unknown,
];
