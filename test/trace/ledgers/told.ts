import type { SyscallEvent, TraceEvent, TraceSink } from '../../../src/trace/event.ts';

const MS = 1_000_000;

/**
 * Events from a script, one a line, `TID MS WHAT`; a thread that is not the leader is `PID/TID`:
 *
 *     10 5 openat(AT_FDCWD, "/x", O_RDONLY) = 3</x>     a call as strace prints it, 1 µs long; `<20>` behind: 20 ms
 *     10 6 +fork 11    10 6 +thread 12                  spawn, with the name of the call
 *     11 7 exec /bin/x ["x", "-v"]
 *     11 8 exit 3      11 8 killed SIGTERM    10/12 8 ended
 *     10 9 signal SIGCHLD CLD_EXITED 11
 */
export function told(script: string, sources: SyscallEvent['sources'] = ['strace']): TraceEvent[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => eventOf(line, sources));
}

export function feed<Sink extends TraceSink>(sink: Sink, events: readonly TraceEvent[]): Sink {
  for (const event of events) sink.event(event);
  return sink;
}

function eventOf(line: string, sources: SyscallEvent['sources']): TraceEvent {
  const [, first, second, ms, what] = /^(\d+)(?:\/(\d+))? ([\d.]+) (.*)$/s.exec(line) ?? [];
  if (what === undefined) throw new Error(`no event: ${line}`);
  const pid = Number(first);
  const at = { pid, tid: Number(second ?? first), startNs: Math.round(Number(ms) * MS), sources };
  const [word = '', ...words] = what.split(' ');
  switch (word) {
    case '+thread':
      return {
        ...at,
        type: 'spawn',
        childPid: pid,
        childTid: Number(words[0]),
        thread: true,
        call: 'clone3',
      };
    case '+fork':
    case '+vfork':
    case '+clone':
      return {
        ...at,
        type: 'spawn',
        childPid: Number(words[0]),
        childTid: Number(words[0]),
        thread: false,
        call: word.slice(1),
      };
    case 'exec':
      return {
        ...at,
        type: 'exec',
        ...(words[0] === undefined ? {} : { path: words[0] }),
        ...(words.length > 1 ? { argv: words.slice(1).join(' ') } : {}),
      };
    case 'exit':
      return { ...at, type: 'exit', status: Number(words[0]), last: true };
    case 'killed':
      return { ...at, type: 'exit', signal: words[0] ?? '', last: true };
    case 'ended':
      return { ...at, type: 'exit', status: 0, last: false };
    case 'signal':
      return {
        ...at,
        type: 'signal',
        signal: words[0] ?? '',
        ...(words[1] === undefined ? {} : { code: words[1] }),
        ...(words[2] === undefined ? {} : { senderPid: Number(words[2]) }),
      };
    default:
      return call(what, at);
  }
}

function call(text: string, at: Pick<SyscallEvent, 'pid' | 'tid' | 'startNs' | 'sources'>): SyscallEvent {
  const [, name, args, result, rest, ms] =
    /^(\w+)\((.*)\) = (\?|0x[\da-f]+|-?\d+)(.*?)(?: <([\d.]+)>)?$/s.exec(text) ?? [];
  if (name === undefined || args === undefined || result === undefined) throw new Error(`no call: ${text}`);
  const errno = /^ (E[A-Z]+)/.exec(rest ?? '')?.[1];
  return {
    ...at,
    type: 'syscall',
    nr: -1,
    name,
    args,
    ...(result === '?' ? { open: 'died' as const } : { result: Number(result) }),
    ...(errno === undefined ? {} : { errno }),
    ...(errno === undefined && rest !== undefined && rest !== '' ? { resultText: rest.trim() } : {}),
    durationNs: ms === undefined ? 1000 : Number(ms) * MS,
  };
}
