import type { Node } from '../waits/graph.ts';
import type { Blame } from './blame.ts';
import type { Remedy } from './rule.ts';

/** Advice that is no command: what will not help, what to change in the program. */
export function advice(effect: string, risk = ''): Remedy {
  return { command: '', effect, risk };
}

export const sigkillDoesNot = (why = 'the sleep cannot be interrupted'): Remedy =>
  advice(`SIGKILL will not end it: ${why}; the signal stays pending until the wait is over.`);

/** What to do about a process at the end of a chain, by the state it is in. */
export function remediesFor(blame: Blame, culprit: Node | undefined): Remedy[] {
  const pid = culprit?.pid;
  const process = blame.evidence.process(pid);
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
    const tracer = process.status?.tracerPid ?? 0;
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
    {
      command: `kill ${pid}`,
      effect: `ends ${pid}, and with it what it holds`,
      risk: 'whatever that process was doing is lost',
    },
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
