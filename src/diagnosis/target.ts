import type { Evidence } from '../evidence/evidence.ts';
import type { ProcessEvidence } from '../evidence/process.ts';
import type { Step } from '../waits/walk.ts';
import type { Target, ThreadReport } from './diagnosis.ts';

/** Who was asked about. */
export function targetOf(evidence: Evidence, process: ProcessEvidence, tid: number | undefined): Target {
  const { status } = process;
  const cgroup = evidence.world
    .text(`${process.dir}/cgroup`)
    ?.split('\n')
    .find((line) => line.startsWith('0::'));
  return {
    pid: process.pid,
    ...(tid === undefined ? {} : { tid }),
    ...(process.startTime === undefined ? {} : { startTime: process.startTime }),
    comm: process.comm,
    ...(process.cmdline === undefined ? {} : { cmdline: process.cmdline }),
    state: process.state,
    ppid: status?.ppid ?? 0,
    nspid: status?.nsPid ?? [],
    tracerPid: status?.tracerPid ?? 0,
    uid: status?.uid ?? -1,
    ...(cgroup === undefined ? {} : { cgroup: cgroup.slice(3) }),
    threads: status?.threads ?? 0,
    kernelThread: process.isKernelThread,
  };
}

/** What each thread does; of very many, those that were read in full and a line for the rest. */
export function threadReports(
  process: ProcessEvidence,
  steps: readonly Step[],
  tid: number | undefined,
): ThreadReport[] {
  const waits = new Map(steps.filter(({ depth }) => depth === 0).map(({ wait }) => [wait.thread.tid, wait]));
  return process.threads
    .filter((thread) => tid === undefined || thread.tid === tid)
    .map((thread) => {
      const wait = waits.get(thread.tid);
      const seconds = thread.secondsAsleep;
      return {
        tid: thread.tid,
        comm: thread.comm,
        state: thread.state,
        waitPoint: wait?.kind === 'running' ? '' : (wait?.point ?? thread.wchan ?? ''),
        ...(thread.syscallName === undefined ? {} : { syscall: thread.syscallName }),
        ...(thread.wchan === undefined ? {} : { wchan: thread.wchan }),
        ...(thread.stack === undefined ? {} : { stack: thread.stack.map((frame) => frame.raw) }),
        ...(wait?.idle === undefined ? {} : { idle: wait.idle }),
        ...(seconds === undefined || thread.state === 'R' ? {} : { seconds }),
        ...(thread.moved === undefined ? {} : { moved: thread.moved }),
      };
    });
}
