import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { mountOfHostPath, mountOfPath } from './mount.ts';

/**
 * The mount on which an overlay keeps what is written to it: only there a freeze can be, and only there it can be lifted
 * (an overlay knows no FIFREEZE). The option's path is one of whoever mounted it, who is outside of the container as a rule.
 */
export function upperMount(evidence: Evidence, process: ProcessEvidence, overlay: Mount): Mount | undefined {
  const upper = overlay.superOptions.find((option) => option.startsWith('upperdir=/'))?.slice(9);
  if (upper === undefined) return undefined;
  return [mountOfHostPath(evidence, upper), mountOfPath(process, upper)].find(
    // A path that means nothing here ends at a root, which in a container is an overlay again.
    (mount) => mount !== undefined && mount.fsType !== 'overlay',
  );
}
