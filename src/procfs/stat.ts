import { decimal } from './text.ts';

/** /proc/PID/stat, proc_pid_stat(5), fs/proc/array.c do_task_stat(). Times in clock ticks (USER_HZ, 100 a second). */
export interface ProcStat {
  readonly pid: number;
  /** Raw bytes (latin1): may hold `)`, newlines, escape codes. */
  readonly comm: string;
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** 0: no controlling terminal. See `ttyName`. */
  readonly ttyNr: number;
  /** Foreground process group of the terminal; -1 without one. */
  readonly tpgid: number;
  /** PF_* of include/linux/sched.h. */
  readonly flags: number;
  readonly minflt: number;
  readonly majflt: number;
  readonly utime: number;
  readonly stime: number;
  readonly priority: number;
  readonly nice: number;
  readonly numThreads: number;
  /** Ticks after boot: with the pid, the identity of the process. */
  readonly startTime: number;
  /** Resident pages. */
  readonly rss: number;
  /** What its end is told by: 17 (SIGCHLD) for an ordinary child, -1 for a thread; others only __WALL waits for (wait(2)). */
  readonly exitSignal: number;
  /** CPU it last ran on. */
  readonly processor: number;
  /** Ticks waited for block I/O; 0 unless kernel.task_delayacct=1. */
  readonly blkioTicks: number;
  /** Wait status of a zombie, or the signal of a stop; 0 where it is not told. */
  readonly exitCode: number;
  /** Its own memory's addresses and exitCode are told: the reader has the right to ptrace it (fs/proc/array.c). */
  readonly isTold: boolean;
  /** 0: runs, or not told; otherwise sleeps. Not an address since Linux 4.4. */
  readonly wchanFlag: number;
}

const FIELDS = 52;

/**
 * Undefined unless all 52 fields are there. A comm is shorter than the fields behind it, so a line that was cut
 * cannot pass off a `) Z 1 1 (` inside of the comm as its end.
 */
export function parseStat(text: string): ProcStat | undefined {
  const open = text.indexOf(' (');
  const close = text.lastIndexOf(') ');
  if (open < 1 || close < open + 2) return undefined;
  const pid = decimal(text.slice(0, open));
  const rest = text
    .slice(close + 2)
    .trimEnd()
    .split(' ');
  const state = rest[0];
  if (pid === undefined || state === undefined || !/^[A-Za-z]$/.test(state)) return undefined;
  // Field 3 of the manual page is rest[0].
  const numbers = rest.slice(1, FIELDS - 2).map(decimal);
  if (numbers.length < FIELDS - 3 || numbers.includes(undefined)) return undefined;
  const field = (n: number): number => numbers[n - 4]!;
  return {
    pid,
    comm: text.slice(open + 2, close),
    state,
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    ttyNr: field(7),
    tpgid: field(8),
    flags: field(9),
    minflt: field(10),
    majflt: field(12),
    utime: field(14),
    stime: field(15),
    priority: field(18),
    nice: field(19),
    numThreads: field(20),
    startTime: field(22),
    rss: field(24),
    wchanFlag: field(35),
    exitSignal: field(38),
    processor: field(39),
    blkioTicks: field(42),
    exitCode: field(52),
    // startcode: 1 in place of the address for who may not know it.
    isTold: field(26) !== 1,
  };
}

/**
 * The terminal of stat's field 7, e.g. `pts/3`, `tty1`, `ttyS0`; undefined for 0 and for drivers not listed.
 * Encoding: minor in bits 0–7 and 20–31, major in bits 8–19 (proc_pid_stat(5)); numbers: Documentation/admin-guide/devices.txt.
 */
export function ttyName(ttyNr: number): string | undefined {
  const major = (ttyNr >> 8) & 0xfff;
  const minor = (ttyNr & 0xff) | ((ttyNr >>> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  if (major === 5 && minor === 1) return 'console';
  if (major === 204 && minor >= 64 && minor < 80) return `ttyAMA${minor - 64}`;
  const prefix = SERIAL_LIKE[major];
  return prefix === undefined ? undefined : `${prefix}${minor}`;
}

const SERIAL_LIKE: Readonly<Record<number, string>> = { 166: 'ttyACM', 188: 'ttyUSB', 229: 'hvc' };
