import type { Key } from '../../src/evidence/keys.ts';
import type { Outcome } from '../../src/evidence/outcome.ts';
import { ENOENT, failed, tasks, text } from './fake-common.ts';
import { deviceLinks, fdinfoText, fdLinks, link, mountinfoText, nsLinks } from './fake-files.ts';
import type { FakeHost, FakeProcess, FakeThread } from './fake-host-types.ts';
import { memoryOf } from './fake-memory.ts';
import { callText, schedText, stackText, statText, statusText, wchanText } from './fake-task-files.ts';

/** Files that take ptrace rights (and, the stack, CAP_SYS_ADMIN). */
const PRIVATE = new Set(['stack', 'syscall', 'maps', 'fd', 'fdinfo', 'ns', 'environ', 'exe', 'cwd']);

/** What a read of `key` gives. */
export function answerOf(host: FakeHost, key: Key, clockMs: number, self: number): Outcome {
  const file = host.files?.[key];
  if (file !== undefined) return text(file);
  if (key === '/proc/') return text(['version', ...host.processes.map(({ pid }) => pid)].join('\n'));
  if (key === 'links:/sys/dev/block') return text(deviceLinks(host));
  const memory = /^(mem|pagemap):(\d+):([0-9a-f]+)(?::(\d+))?$/.exec(key);
  if (memory !== null)
    return memoryOf(host, memory[1]!, Number(memory[2]), BigInt(`0x${memory[3]}`), Number(memory[4]));
  const path = key.replace(/^links:/, '').replace('/proc/self', `/proc/${self}`);
  const match = /^\/proc\/(\d+)(?:\/task\/(\d+))?(?:\/(.*))?$/.exec(path);
  const found = match === null ? undefined : taskOf(host, Number(match[1]), match[2]);
  if (found === undefined) return ENOENT;
  const name = match?.[3] ?? '';
  return refusal(host, found.process, name.split('/')[0] ?? '') ?? taskFile(host, found, name, clockMs);
}

interface Task {
  /** Asked for below `task/`: its own files, not the process's. */
  readonly isTask: boolean;
  readonly process: FakeProcess;
  readonly thread: FakeThread & { readonly tid: number };
}

/** Every thread has an entry in /proc of its own, though only leaders are listed. */
function taskOf({ processes }: FakeHost, pid: number, tid: string | undefined): Task | undefined {
  const process =
    processes.find((candidate) => candidate.pid === pid) ??
    processes.find(({ threads }) => threads?.some((thread) => thread.tid === pid));
  if (process === undefined) return undefined;
  const wanted = tid === undefined ? pid : Number(tid);
  const thread = tasks(process).find((candidate) => candidate.tid === wanted);
  return thread === undefined ? undefined : { process, thread, isTask: tid !== undefined };
}

function refusal(host: FakeHost, process: FakeProcess, name: string): Outcome | undefined {
  if (process.blocked?.includes(name)) return { kind: 'blocked', afterMs: 120, readerWchan: 'do_task_stat' };
  if (process.denied?.includes(name)) return failed('EACCES');
  const uid = host.uid ?? 0;
  if (uid === 0 || !PRIVATE.has(name)) return undefined;
  return name === 'stack' || uid !== (process.uid ?? 0) ? failed('EACCES') : undefined;
}

function taskFile(host: FakeHost, { process, thread, isTask }: Task, name: string, clockMs: number): Outcome {
  const dead = (thread.state ?? 'S') === 'Z';
  const [first, second] = name.split('/');
  switch (first) {
    case 'status':
      return text(statusText(host, process, thread));
    case 'stat':
      return text(statText(host, process, thread, isTask));
    case 'sched':
      return text(schedText(process, thread, clockMs));
    case 'stack':
      return text(stackText(thread));
    case 'wchan':
      return text(wchanText(host, process, thread));
    case 'syscall':
      return text(callText(thread));
    case 'cmdline':
      return text(
        dead || process.kthread
          ? ''
          : (process.cmdline ?? [`/usr/bin/${process.comm}`]).map((word) => `${word}\0`).join(''),
      );
    case 'task':
      return text(
        tasks(process)
          .map(({ tid }) => tid)
          .join('\n'),
      );
    case 'children':
      return text(
        host.processes
          .filter(
            (child) => (child.ppid ?? 1) === process.pid && (child.parentTid ?? process.pid) === thread.tid,
          )
          .map(({ pid }) => `${pid} `)
          .join(''),
      );
    case 'cgroup':
      return text(cgroupText(process));
    case 'mountinfo':
      return dead ? failed('EINVAL') : text(mountinfoText(host));
    case 'maps':
      return text(
        dead
          ? ''
          : (process.maps ?? ['7f0000000000-7f0000100000 rw-p 00000000 00:00 0 '])
              .map((line) => `${line}\n`)
              .join(''),
      );
    case 'fd':
      if (dead) return text('');
      return text(second === '' ? Object.keys(process.fds ?? {}).join('\n') : fdLinks(process));
    case 'fdinfo':
      return fdinfoText(host, process, Number(second));
    case 'ns':
      return text(nsLinks(process, dead));
    case '':
      return text(
        dead
          ? ''
          : link('cwd', 'rwx', process.cwd ?? '/') +
              link('exe', 'rwx', `/usr/bin/${process.comm}`) +
              link('root', 'rwx', '/'),
      );
    default:
      return ENOENT;
  }
}

function cgroupText({ freezer, controllers = {}, cgroup = '/' }: FakeProcess): string {
  const v1 = Object.entries({ ...(freezer === undefined ? {} : { freezer }), ...controllers });
  return [...v1.map(([name, path], at) => `${v1.length - at}:${name}:${path}`), `0::${cgroup}`, ''].join(
    '\n',
  );
}
