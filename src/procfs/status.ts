import { decimal, hexBig, keyed, words } from './text.ts';

/** /proc/PID/status, proc_pid_status(5), fs/proc/array.c. Sizes in KiB. */
export interface ProcStatus {
  /** The comm (latin1 bytes), the kernel's escapes of newline and backslash undone; ESC, TAB and invalid UTF-8 come raw. */
  readonly name: string;
  /** One letter: R S D T t X Z P I. */
  readonly state: string;
  readonly tgid: number;
  readonly pid: number;
  /** 0: none, or outside of the reader's PID namespace. */
  readonly ppid: number;
  /** 0: none, or outside of the reader's PID namespace. */
  readonly tracerPid: number;
  /** Real user id. */
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  /** Slots of the descriptor table: no count of open descriptors. */
  readonly fdSize?: number;
  /** The pid in each namespace from the reader's (really: the mount's) down to the innermost. */
  readonly nsPid: readonly number[];
  readonly nsTgid: readonly number[];
  readonly nsPgid: readonly number[];
  readonly nsSid: readonly number[];
  readonly vmRssKb?: number;
  readonly vmSizeKb?: number;
  readonly threads: number;
  readonly sigQueued?: number;
  readonly sigQueueLimit?: number;
  /** Pending for this thread; bit n−1 is signal n. */
  readonly sigPnd: bigint;
  /** Pending for the process. */
  readonly shdPnd: bigint;
  readonly sigBlk: bigint;
  readonly sigIgn: bigint;
  readonly sigCgt: bigint;
  /** 0 off, 1 strict, 2 filter. */
  readonly seccomp?: number;
  /** Linux ≥ 6.9. */
  readonly kthread?: boolean;
  readonly coreDumping?: boolean;
  readonly voluntarySwitches?: number;
  readonly nonvoluntarySwitches?: number;
  readonly capEff?: bigint;
  readonly noNewPrivs?: boolean;
  /**
   * Fields above without `?` that the file lacked (an old kernel, a cut read), given here as 0 or empty. A 0 of a
   * missing field is no fact.
   */
  readonly missing: readonly string[];
}

/** Undefined unless name, state, tgid, pid and ppid are there: the file's first lines, which nothing can push out. */
export function parseStatus(text: string): ProcStatus | undefined {
  // Name first and alone: its value may begin or end with blanks, and holds no raw newline.
  const named = /^Name:\t([^\n]*)\n/.exec(text);
  const values = keyed(text);
  const state = /^[A-Za-z]/.exec(values.get('State') ?? '')?.[0];
  const tgid = decimal(values.get('Tgid'));
  const pid = decimal(values.get('Pid'));
  const ppid = decimal(values.get('PPid'));
  if (named === null || state === undefined) return undefined;
  if (tgid === undefined || pid === undefined || ppid === undefined) return undefined;

  const missing: string[] = [];
  const must = <T>(field: string, value: T | undefined, otherwise: T): T => {
    if (value === undefined) missing.push(field);
    return value ?? otherwise;
  };
  const mask = (key: string) => hexBig(values.get(key));
  const number = (key: string) => decimal(values.get(key));
  const flag = (key: string) => flagOf(values.get(key));
  const ids = (key: string) => numbersOf(values.get(key));
  const [uid, euid] = ids('Uid') ?? [];
  const [gid, egid] = ids('Gid') ?? [];
  const [queued, queueLimit] = (values.get('SigQ') ?? '').split('/');
  return {
    name: unescapeName(named[1]!),
    state,
    tgid,
    pid,
    ppid,
    tracerPid: must('tracerPid', number('TracerPid'), 0),
    uid: must('uid', uid, 0),
    euid: must('euid', euid, 0),
    gid: must('gid', gid, 0),
    egid: must('egid', egid, 0),
    fdSize: number('FDSize'),
    nsTgid: must('nsTgid', ids('NStgid'), []),
    nsPid: must('nsPid', ids('NSpid'), []),
    nsPgid: must('nsPgid', ids('NSpgid'), []),
    nsSid: must('nsSid', ids('NSsid'), []),
    vmRssKb: kilobytes(values.get('VmRSS')),
    vmSizeKb: kilobytes(values.get('VmSize')),
    threads: must('threads', number('Threads'), 0),
    sigQueued: decimal(queued),
    sigQueueLimit: decimal(queueLimit),
    sigPnd: must('sigPnd', mask('SigPnd'), 0n),
    shdPnd: must('shdPnd', mask('ShdPnd'), 0n),
    sigBlk: must('sigBlk', mask('SigBlk'), 0n),
    sigIgn: must('sigIgn', mask('SigIgn'), 0n),
    sigCgt: must('sigCgt', mask('SigCgt'), 0n),
    seccomp: number('Seccomp'),
    kthread: flag('Kthread'),
    coreDumping: flag('CoreDumping'),
    voluntarySwitches: number('voluntary_ctxt_switches'),
    nonvoluntarySwitches: number('nonvoluntary_ctxt_switches'),
    capEff: mask('CapEff'),
    noNewPrivs: flag('NoNewPrivs'),
    missing,
  };
}

/** proc_task_name() escapes newline and backslash only: `\n`, `\\` (as octal on some older kernels). */
function unescapeName(name: string): string {
  return name.replace(/\\(n|\\|[0-3][0-7]{2})/g, (_, what: string) => {
    if (what === 'n') return '\n';
    return what === '\\' ? '\\' : String.fromCharCode(Number.parseInt(what, 8));
  });
}

function numbersOf(value: string | undefined): number[] | undefined {
  const numbers = words(value ?? '').map(decimal);
  return numbers.length > 0 && numbers.every((n) => n !== undefined) ? numbers : undefined;
}

function kilobytes(value: string | undefined): number | undefined {
  return decimal(/^(\d+) kB$/.exec(value ?? '')?.[1]);
}

function flagOf(value: string | undefined): boolean | undefined {
  return value === '0' || value === '1' ? value === '1' : undefined;
}
