import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';

/** kthreadd, the parent of all that the kernel starts. */
const KTHREADD = 2;

/**
 * Programs that the kernel started itself and that run or sleep: children of kthreadd (core dump handlers), or of the worker
 * that waits for their end (request-key, modprobe).
 */
export function kernelHelpers(evidence: Evidence): ProcessEvidence[] {
  const isKernels = (pid: number): boolean =>
    pid === KTHREADD ||
    (evidence.host.status(pid)?.ppid === KTHREADD && evidence.process(pid)?.isKernelThread === true);
  return [...evidence.host.statuses]
    .filter(([, status]) => status.state !== 'Z' && isKernels(status.ppid))
    .map(([pid]) => evidence.process(pid))
    .filter((process) => process !== undefined)
    .filter((process) => !process.isKernelThread);
}
