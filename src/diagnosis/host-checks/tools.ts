import type { HostChecks } from '../../evidence/host-checks.ts';
import type { Check } from './check.ts';

/** The system's programs that read for us, since a program can be killed where a read of our own could not. */
const READERS: Readonly<Record<string, { state: 'limited' | 'missing'; cost: string; package: string }>> = {
  grep: {
    state: 'limited',
    cost: 'a twentieth of a second for each batch of files, which procdiag then starts itself once more to read',
    package: 'grep',
  },
  perl: {
    state: 'limited',
    cost: 'who changed a semaphore last, and some hundredths of a second for each diagnosis',
    package: 'perl',
  },
  dd: { state: 'limited', cost: 'lock owners in the memory of a process', package: 'coreutils' },
  ss: { state: 'limited', cost: 'the other ends of Unix sockets', package: 'iproute2' },
  nsenter: { state: 'limited', cost: 'sockets and semaphores of other namespaces', package: 'util-linux' },
  setpriv: {
    state: 'limited',
    cost: 'nothing in a diagnosis; a reader that hangs outlives a procdiag that was killed with SIGKILL',
    package: 'util-linux',
  },
};

export function toolChecks(host: HostChecks): Check[] {
  const readers = Object.entries(READERS).map(([name, { state, cost, package: from }]): Check => {
    const version = host.programs.get(name);
    // perl's first line is a sentence.
    const found = version?.replace(/^This is (perl) .*\(v([\d.]+)\).*$/, '$1 $2');
    if (found !== undefined) return { id: name, state: 'ok', found };
    return { id: name, state, found: `no ${name} on this host`, cost, fix: `sudo apt-get install ${from}` };
  });
  return [
    ...readers,
    tracer(host, 'strace', 'system calls with their arguments', 'strace'),
    tracer(host, 'perf', 'where a process is on CPU, runnable and blocked', 'linux-perf'),
  ];
}

/** Tracing tools follow the kernel's version numbers; a much older one shows new calls and fields as numbers, or fails. */
function tracer(host: HostChecks, id: string, what: string, from: string): Check {
  const version = host.programs.get(id);
  const fix = `sudo apt-get install ${from}`;
  if (version === undefined) {
    const found = `${id} is not installed, or has no build for this kernel`;
    return { id, state: 'limited', found, cost: `tracing ${what}; inspect does without`, fix };
  }
  const tool = releaseOf(version);
  const kernel = releaseOf(host.kernel);
  if (tool === undefined || kernel === undefined || tool[0] >= kernel[0] - 1)
    return { id, state: 'ok', found: version };
  const cost = `tracing ${what} may lack what kernel ${host.kernel} has new`;
  return { id, state: 'limited', found: `${version}, much older than this kernel`, cost, fix };
}

function releaseOf(text: string): [major: number, minor: number] | undefined {
  const match = /(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}
