import type { DoctorReport } from '../diagnosis/host-checks/check.ts';

/** `procdiag doctor --json`. */
export function doctorJson({ kernel, checks, essentialMissing }: DoctorReport) {
  return { schemaVersion: 1, kernel, complete: !essentialMissing, checks };
}
