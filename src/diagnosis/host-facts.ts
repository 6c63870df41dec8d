import type { Evidence } from '../evidence/evidence.ts';
import { pathOf } from '../evidence/keys.ts';
import { fact } from '../waits/facts.ts';
import type { HostFacts } from './diagnosis.ts';

/** What is said of the host: itself, and the processes that make every reader of /proc hang. */
export function hostFacts(evidence: Evidence): HostFacts {
  const { self } = evidence.host;
  return {
    ...(self.hostname === '' ? {} : { hostname: self.hostname }),
    ...(self.kernel === '' ? {} : { kernel: self.kernel }),
    arch: self.arch,
    hazards: hazards(evidence),
  };
}

/**
 * Processes stuck inside execve: their `stat` does not answer, and ps, top, lsof and pgrep hang on them. Found by a canary
 * over every process, whoever was asked about, since whoever works on this host has to know.
 */
function hazards(evidence: Evidence): HostFacts['hazards'] {
  const { host } = evidence;
  return host.silent.flatMap((pid) => {
    const silence = host.silence(pid);
    if (silence === undefined) return [];
    const { key, outcome } = silence;
    const says = `did not answer within ${outcome.afterMs} ms${outcome.readerWchan === undefined ? '' : `; its reader slept in ${outcome.readerWchan}`}`;
    return [
      {
        pid,
        comm: host.status(pid)?.name ?? '',
        what: 'is stuck inside execve: ps, top, lsof, pgrep and every other reader of its files hang',
        facts: [fact(pathOf(key), '', says)],
      },
    ];
  });
}
