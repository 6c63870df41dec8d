import type { Evidence } from '../evidence/evidence.ts';
import { hidesProcesses } from '../procfs/mountinfo.ts';

/** Why there is nothing to say of a PID: none has it, or it is hidden from whoever asks (proc(5), hidepid). */
export function absence(evidence: Evidence, pid: number): { code: string; message: string } {
  const { world } = evidence;
  const status = world.outcome(`/proc/${pid}/status`);
  const errno = status?.kind === 'error' ? status.errno : 'ENOENT';
  if (errno === 'EACCES' || errno === 'EPERM')
    return { code: 'ERR_HIDDEN', message: `process ${pid} may be looked at by root only (${errno})` };
  if (errno !== 'ENOENT' && errno !== 'ESRCH')
    return { code: 'ERR_CANNOT_LOOK', message: `${world.proc}/${pid}/status: ${errno}` };
  const hidden = hidesProcesses(world.text('/proc/self/mountinfo') ?? '');
  const unless =
    hidden && evidence.host.self.uid !== 0 ? ' that this user may see (/proc hides those of others)' : '';
  return { code: 'ERR_NO_PROCESS', message: `no process or thread ${pid}${unless}` };
}
