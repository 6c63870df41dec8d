import type { Evidence } from '../../evidence/evidence.ts';
import { links } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseFdLinks } from '../../procfs/fd-links.ts';

/** The first PID namespace of a host has this number on every kernel since 3.8 (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
const OF_THE_HOST = 'pid:[4026531836]';

/** Is the process PID 1 of a PID namespace that is not the host's: one below ours, or our own when we look from inside? */
export function isNamespaceInit(evidence: Evidence, process: ProcessEvidence): boolean {
  const numbers = process.status?.nsPid ?? [];
  if (numbers.at(-1) !== 1) return false;
  return numbers.length > 1 || looksFromInside(evidence);
}

/** Does the /proc that is looked at show a PID namespace other than the host's? Then some processes cannot be seen from here. */
export function looksFromInside(evidence: Evidence): boolean {
  const { world, host } = evidence;
  // The link of PID 1 is not for everybody, our own is; and only the host has the kernel's threads, whose parent is PID 2.
  const ours = host.self.foreign === true ? undefined : world.parsed(links('/proc/self/ns'), parseFdLinks);
  const own = evidence.process(1)?.namespace('pid') ?? ours?.find(({ name }) => name === 'pid')?.target;
  if (own !== undefined) return own !== OF_THE_HOST;
  const second = host.status(2);
  return (
    second !== undefined && second.kthread !== true && !(second.name === 'kthreadd' && second.ppid === 0)
  );
}

/** The other members of the PID namespace whose init `init` is (those of namespaces below it too). */
export function namespaceMembers(evidence: Evidence, init: ProcessEvidence): ProcessEvidence[] {
  const level = init.status?.nsPid.length ?? 0;
  if (level < 2) return [];
  const own = init.namespace('pid');
  const members: ProcessEvidence[] = [];
  for (const [pid, status] of evidence.host.statuses) {
    if (pid === init.pid || status.nsPid.length < level) continue;
    const member = evidence.process(pid);
    if (member === undefined) continue;
    // Members of deeper namespaces are found through their own init; the same level is compared by the namespace itself.
    // Where the links may not be read, one of its children is a member for sure.
    const isSameLevel = status.nsPid.length === level && own !== undefined;
    if (isSameLevel ? member.namespace('pid') !== own : !descendsFrom(evidence, member, init)) continue;
    members.push(member);
  }
  return members;
}

/** The init of the PID namespace that a process is a member of; undefined for the namespace that we see from. */
export function namespaceInit(evidence: Evidence, process: ProcessEvidence): ProcessEvidence | undefined {
  const level = process.status?.nsPid.length ?? 0;
  if (level < 2) return undefined;
  const own = process.namespace('pid');
  if (own === undefined) return undefined;
  for (const [pid, status] of evidence.host.statuses) {
    if (status.nsPid.length !== level || status.nsPid.at(-1) !== 1) continue;
    const init = evidence.process(pid);
    if (init?.namespace('pid') === own) return init;
  }
  return undefined;
}

function descendsFrom(evidence: Evidence, process: ProcessEvidence, ancestor: ProcessEvidence): boolean {
  let pid = process.status?.ppid;
  for (let hops = 0; pid !== undefined && pid > 0 && hops < 64; hops++) {
    if (pid === ancestor.pid) return true;
    pid = evidence.host.status(pid)?.ppid;
  }
  return false;
}
