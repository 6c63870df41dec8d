import type { Node } from '../waits/graph.ts';
import { tracerOf } from '../waits/objects/tracer.ts';
import type { Wait } from '../waits/wait.ts';
import type { Blame } from './blame.ts';
import type { Remedy } from './rule.ts';

/** Advice that is no command: what will not help, what to change in the program. */
export function advice(effect: string, risk = ''): Remedy {
  return { command: '', effect, risk };
}

export const sigkillDoesNot = (why = 'the sleep cannot be interrupted'): Remedy =>
  advice(`SIGKILL will not end it: ${why}; the signal stays pending until the wait is over.`);

/** How a PID namespace is ended by its init, as seen from where that has this number. */
export function endOfNamespace(init: number): Remedy[] {
  const risk = 'all of its processes die, without a clean shutdown';
  if (init === 1)
    return [
      advice(
        'From inside not even `kill -KILL 1` does anything: end or restart the container from outside.',
        risk,
      ),
    ];
  return [{ command: `kill -KILL ${init}`, effect: 'ends the whole namespace, zombies included', risk }];
}

/** What to do about a process at the end of a chain, by the state it is in. */
export function remediesFor(blame: Blame, culprit: Node | undefined): Remedy[] {
  const pid = culprit?.pid;
  const process = blame.evidence.process(pid);
  const frozen = blame.steps.find(({ wait }) => wait.kind === 'frozen' && isAbout(wait, culprit));
  if (frozen !== undefined) return thaw(frozen.wait);
  if (process === undefined || pid === undefined || culprit?.kind === 'terminal') return [];
  if (process.state === 'T') {
    return [
      {
        command: `kill -CONT ${pid}`,
        effect: `lets ${pid} go on; everyone behind it goes on too`,
        risk: 'none, unless somebody stopped it on purpose',
      },
    ];
  }
  if (process.state === 't') {
    const tracer = tracerOf(blame.evidence, process.status)?.pid ?? 0;
    return [
      {
        command: `kill -TERM ${tracer}`,
        effect: `ends the tracer ${tracer}; its tracees run on`,
        risk: 'ends that debugging session',
      },
    ];
  }
  return [
    {
      command: `procdiag inspect ${pid}`,
      effect: 'shows what that process itself waits for',
      risk: 'none: reads only',
    },
    // The first of all processes is no remedy: the kernel panics without it, or the whole container goes.
    ...(pid === 1
      ? []
      : [
          {
            command: `kill ${pid}`,
            effect: `ends ${pid}, and with it what it holds`,
            risk: 'whatever that process was doing is lost',
          },
        ]),
  ];
}

/** Is the frozen one the culprit, or the cgroup that froze it? */
function isAbout({ process, hops }: Wait, culprit: Node | undefined): boolean {
  if (culprit?.kind === 'cgroup') return hops[0]?.edges.at(-1)?.to.id === culprit.id;
  return culprit?.kind === 'process' && culprit.pid === process.pid;
}

/** How a frozen one is thawed: every cgroup above it that is set to frozen has to be, the outermost first. */
export function thaw({ process, thread, detail }: Wait): Remedy[] {
  if (detail?.unseen !== undefined) {
    return [
      advice(
        `Look from the cgroup namespace of the host, with cgroup2 mounted: which of ${detail.unseen} and those above it has 1 in cgroup.freeze.`,
      ),
    ];
  }
  const cgroups = String(detail?.frozen ?? detail?.cgroup ?? '').split('\0');
  const remedies = cgroups.toReversed().map((cgroup, index): Remedy => {
    const only = cgroups.length === 1;
    const last = index === cgroups.length - 1;
    return {
      command:
        detail?.version === 1
          ? `echo THAWED > ${shellWord(`${cgroup}/freezer.state`)}`
          : `echo 0 > ${shellWord(`${cgroup}/cgroup.freeze`)}`,
      effect:
        only || last
          ? 'everything in that cgroup goes on'
          : 'does not suffice: one below it is frozen as well',
      risk: 'whoever froze it (a checkpoint, docker pause) may rely on it',
    };
  });
  const stops = 1n << 18n;
  const isPending = [thread.status?.sigPnd, process.status?.shdPnd].some(
    (set) => ((set ?? 0n) & stops) !== 0n,
  );
  if (thread.state === 'T' || isPending) {
    remedies.push({
      command: `kill -CONT ${process.pid}`,
      effect: 'needed as well: it was stopped by a signal, too',
      risk: 'none, unless somebody stopped it on purpose',
    });
  }
  return remedies;
}

/** How a process is helped that its terminal stopped. */
export function inForeground(signal: unknown): Remedy[] {
  return [
    {
      command: 'fg',
      effect: 'in the shell that started it: brings it to the foreground',
      risk: 'none',
    },
    advice(
      `SIGCONT alone lets it touch the terminal again, which stops it again. Start such programs with ${signal === 'SIGTTIN' ? '`< /dev/null`' : '`stty -tostop`, or output to a file'}.`,
    ),
  ];
}

/** PID 1 holds things like everybody else, and nobody who pastes a command at night shall end it. */
export function sparingInit(remedies: readonly Remedy[]): readonly Remedy[] {
  if (!remedies.some(({ command }) => ENDS_INIT.test(command))) return remedies;
  return remedies.map((remedy) =>
    ENDS_INIT.test(remedy.command)
      ? advice(
          'PID 1 cannot be ended without all of this host or container: restart what it has started instead.',
        )
      : remedy,
  );
}

const ENDS_INIT = /^kill (?:-(?:TERM|INT|KILL) )?1$/;

/** `ss` where the sockets of `pid` are: a container has a network namespace of its own, which root alone may enter. */
export function ssOf(blame: Blame, pid: number, options: string): string {
  return blame.evidence.host.self.uid === 0 ? `nsenter -t ${pid} -n ss ${options}` : `ss ${options}`;
}

/** Ways to free the waiters of a FUSE connection whose daemon does not answer. */
export function fuseRemedies(
  blame: Blame,
  culprit: Node | undefined,
  connection: string | undefined,
): Remedy[] {
  const process = blame.evidence.process(culprit?.pid);
  const remedies: Remedy[] = [];
  if (process?.state === 'T') {
    remedies.push({
      command: `kill -CONT ${process.pid}`,
      effect: 'lets the daemon go on; it answers what has piled up',
      risk: 'none, unless somebody stopped it on purpose',
    });
  } else if (process !== undefined) {
    remedies.push({
      command: `procdiag inspect ${process.pid}`,
      effect: 'shows what the daemon itself waits for',
      risk: 'none: reads only',
    });
  }
  if (connection !== undefined) {
    const mounted = blame.evidence.world.peek('/proc/self/mountinfo');
    const has = mounted?.kind === 'text' && mounted.text.includes(' - fusectl ');
    const prefix = has ? '' : 'mount -t fusectl none /sys/fs/fuse/connections; ';
    remedies.push({
      command: `${prefix}echo 1 > /sys/fs/fuse/connections/${connection}/abort`,
      effect: 'every waiter gets an error at once, also one that was killed and does not die',
      risk: 'the mount is dead afterwards (ENOTCONN) and has to be made anew; unwritten data is lost',
    });
  }
  if (process !== undefined && process.state !== 'T') {
    remedies.push({
      command: `kill -KILL ${process.pid}`,
      effect: 'ends the daemon, which aborts the connection',
      risk: 'as above',
    });
  }
  remedies.push(advice('umount says busy, and umount -l frees nobody: it only hides the mount.'));
  return remedies;
}

/**
 * A word of a shell command: names from outside may hold blanks, quotes and worse. Bytes that a report would not print as
 * they are (controls, and what may be no UTF-8) are written in the `$'…'` of bash, zsh and POSIX 2024.
 */
export function shellWord(bytes: string): string {
  if (/^[\w@%+=:,./-]+$/.test(bytes)) return bytes;
  if (/^[\x20-\x7e]*$/.test(bytes)) return `'${bytes.replaceAll("'", `'\\''`)}'`;
  const escaped = bytes.replace(/[^\x20-\x7e]|['\\]/g, (sign) =>
    sign === "'" || sign === '\\' ? `\\${sign}` : `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}
