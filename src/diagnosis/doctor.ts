import type { HostChecks } from '../evidence/host-checks.ts';
import type { Check, DoctorReport } from './host-checks/check.ts';
import { kernelChecks } from './host-checks/kernel.ts';
import { namespaceChecks } from './host-checks/namespaces.ts';
import { rightsChecks } from './host-checks/rights.ts';
import { toolChecks } from './host-checks/tools.ts';

/** Pure: says of everything that was found what it costs a diagnosis, and what would mend it. */
export function judgeHost(host: HostChecks): DoctorReport {
  const checks: Check[] = [
    ...rightsChecks(host),
    ...namespaceChecks(host),
    ...kernelChecks(host),
    ...toolChecks(host),
  ];
  return {
    kernel: host.kernel,
    checks,
    essentialMissing: checks.some((check) => check.state === 'missing'),
  };
}
