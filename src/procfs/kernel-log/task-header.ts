/** What a line says of the task whose stack follows. */
export interface TaskHeader {
  readonly comm?: string;
  readonly pid?: number;
  readonly tgid?: number;
  readonly ppid?: number;
  /** R S D T t Z X I P K W, as the kernel prints it. */
  readonly state?: string;
  /** PF_* flags (include/linux/sched.h), where printed (`task_flags:`, 6.16 and later). */
  readonly taskFlags?: number;
}

/** khungtaskd's first line. */
export interface HungLine {
  readonly comm: string;
  readonly pid: number;
  readonly seconds: number;
  /** `blocked in I/O wait` (7.2): it sleeps in io_schedule(). */
  readonly ioWait: boolean;
}

const HUNG =
  /\btask (.{1,64}?):(\d{1,10})(?: [<(][^<>()]{1,30}[>)])? {1,4}(?:is |was )?blocked {1,4}(for|in I\/O wait for) {1,4}more than (\d{1,10}) ?s/;

/** Shortened by somebody: `fio:3372 blocked for more than 368 seconds`. */
const HUNG_SHORT = /^(\S{1,64}):(\d{1,10}) (?:is |was )?blocked (for) more than (\d{1,10}) ?s/;

/** `INFO: task C:P blocked for more than N seconds.` and `… blocked in I/O wait for more than …`. */
export function parseHungLine(content: string): HungLine | undefined {
  if (!content.includes('blocked')) return undefined;
  const match = HUNG.exec(content) ?? HUNG_SHORT.exec(content);
  if (!match) return undefined;
  const [, comm, pid, how, seconds] = match;
  return { comm: comm!.trim(), pid: Number(pid), seconds: Number(seconds), ioWait: how !== 'for' };
}

/** sched_show_task() since 5.8: `task:C   state:D stack:0  pid:1 tgid:1 ppid:2  task_flags:0x400000 flags:0x00080800`. */
const MODERN = /^(?:INFO: )?task:(.{1,64}?) {0,60}\bstate:(\S)/;
/**
 * Older: name, state, (pc,) free stack, pid, parent, flags: `bash            D 0000000000000001     0  1461      2 0x00000000`,
 * `syz-executor.0  D12048 18224   2776 0x00040008`, `init R  running task  0 1 0 0x…`, `bash S 00000000 4828 12 1 13 (NOTLB)`.
 */
const OLD =
  /^(\S.{0,39}?) {1,40}([RSDTtZXIKWPx]) {0,8}(?:running task {0,8}|\? {1,8}|[0-9a-fA-F]{8,16} {1,8})?(?:(\d{1,8}) {1,8})?(\d{1,10}) {1,8}(\d{1,10})(?: {1,20}\d{1,10}){0,3} {1,40}(?:0x[0-9a-f]{1,16}|\((?:NOTLB|L-TLB)\))/;
/** Before 2.6.32 x86-64 ended it behind the parent. */
const OLDEST = /^(\S.{0,15}?) {1,16}([RSDTtZX]) [0-9a-f]{16} {1,8}\d{1,8} {1,8}(\d{1,10}) {1,8}(\d{1,10})$/;

/** The line of sched_show_task() that heads a trace, in the forms of kernels old and new. */
export function parseTaskLine(content: string): TaskHeader | undefined {
  if (content.includes('state:')) {
    const match = MODERN.exec(content);
    if (match) {
      const rest = content.slice(match[0].length);
      return {
        comm: match[1]!.trim(),
        state: match[2]!,
        ...number('pid', /\bpid: {0,8}(\d{1,10})/.exec(rest)),
        ...number('tgid', /\btgid: {0,8}(\d{1,10})/.exec(rest)),
        ...number('ppid', /\bppid: {0,8}(\d{1,10})/.exec(rest)),
        ...number('taskFlags', /\btask_flags:(0x[0-9a-f]{1,16})/.exec(rest)),
      };
    }
  }
  const old = content.includes('0x') || content.includes('TLB)');
  const match = old ? OLD.exec(content) : OLDEST.exec(content);
  if (!match) return undefined;
  const [pid, ppid] = old ? [match[4], match[5]] : [match[3], match[4]];
  return { comm: match[1]!.trim(), state: match[2]!, pid: Number(pid), ppid: Number(ppid) };
}

/** crash(8) `bt`: `PID: 1234   TASK: ffff880…  CPU: 2   COMMAND: "bash"`. */
const CRASH =
  /^PID: {1,4}(\d{1,10}) {1,8}TASK: {1,4}\S{1,20} {1,8}CPU: {1,4}\d{1,5} {1,8}COMMAND: {1,4}"([^"]{0,64})"/;
/** A prompt, a file name or `grep`'s prefix: `# cat /proc/1344/stack`, `==> /proc/1/task/2/stack <==`, `/proc/9/stack: [<0>] …`. */
const PROC = /(?:\/proc|^\.)\/([^/\s]{1,40})\/(?:task\/([^/\s]{1,40})\/)?stack\b/;
/** The same from within /proc, and what scripts print: `==> 6409/stack <==`, `# cat 1818/stack`, `===> 2724[2725]/stack <===`. */
const RELATIVE =
  /(?:^|[\s>])(\d{1,10})(?:\/task\/(\d{1,10})|\[(\d{1,10})\])?\/stack(?=:|\s{0,4}(?:<=+)?\s{0,4}$)/;
/** A loop over the threads of a process names their directories: `== /proc/10/task/11`. */
const TASK_DIRECTORY = /^\W{0,8}\/proc\/(\d{1,10})(?:\/task\/(\d{1,10}))?\/?\W{0,8}$/;
/** The PID alone, as a loop over PIDs prints it. */
const NUMBER_ONLY = /^(?:(?:pid|tid|task|thread|process|lwp)[\s:=#]{1,4})?(\d{1,7}):?$/i;
/** The shell stands in the directory: `user@host:/proc/1213429$ sudo cat stack`. */
const PROC_DIRECTORY = /\/proc\/(\d{1,10})(?:\/task\/(\d{1,10}))?\/?[\s\]]?[$#%>] .{0,60}\bstack\s*$/;
/** What people write above a stack: `=== 1234: bcache_writeback`, `PID 12 (bash):`, `bash (12):`, `pid: 12, comm: bash`. */
const NUMBER_FIRST =
  /^[=#*\-\s]{0,12}(?:(?:pid|tid|task|thread|process|lwp)[\s:=#]{1,4})?(\d{1,10})(?:\/\d{1,10})?[\s:,;=([<-]{1,6}(?:(?:comm|name|cmd|command|exe)[\s:=]{1,4})?["']?([A-Za-z(][\w()./:@-]{0,63}?)["')\]>]{0,2}(?:[\s,;]{1,4}(?:state[\s:=]{1,4})?\(?([RSDTtZI])\b.{0,30})?[\s:=*-]{0,12}$/i;
const NAME_FIRST =
  /^[=#*\-\s]{0,12}["']?([A-Za-z(][\w()./:@-]{0,63}?)["']?[\s]{0,3}[([<:/-]{1,2}(?:(?:pid|tid)[\s:=]{1,4})?(\d{1,10})[)\]>]?[\s:=*-]{0,12}$/i;

/** A heading that somebody, or a tool other than the kernel, put above a stack. `certain`: it can be nothing else. */
export function parseHeading(
  content: string,
): { header: TaskHeader; rest: string; certain: boolean } | undefined {
  if (content.length > 200) return undefined;
  const crash = CRASH.exec(content);
  if (crash) return { header: { pid: Number(crash[1]), comm: crash[2]! }, rest: '', certain: true };
  const proc = content.includes('stack')
    ? (PROC.exec(content) ?? RELATIVE.exec(content) ?? PROC_DIRECTORY.exec(content))
    : TASK_DIRECTORY.exec(content);
  if (proc) {
    const pid = Number(proc[2] ?? proc[3] ?? proc[1]);
    const after = content.slice(proc.index + proc[0].length).replace(/^\s*[:=]?\s*/, '');
    return { header: Number.isInteger(pid) ? { pid } : {}, rest: after, certain: true };
  }
  const alone = NUMBER_ONLY.exec(content);
  if (alone) return { header: { pid: Number(alone[1]) }, rest: '', certain: false };
  const numbered = NUMBER_FIRST.exec(content);
  if (numbered) {
    const [, pid, comm, state] = numbered;
    return {
      header: { pid: Number(pid), comm: comm!, ...(state === undefined ? {} : { state }) },
      rest: '',
      certain: false,
    };
  }
  const named = NAME_FIRST.exec(content);
  if (!named) return undefined;
  const [, comm, pid] = named;
  // `prog.stack_trace(4288)` is a call, in drgn.
  const isCall = comm!.includes('.') && content.includes(`${comm}(`);
  return { header: { pid: Number(pid), ...(isCall ? {} : { comm: comm! }) }, rest: '', certain: false };
}

/** ps(1)'s columns: the first number is the PID, a lone state letter with BSD flags follows. */
const PS =
  /^(?:[a-z_][\w-]{0,31} {1,16})?(\d{1,10}) (?:.{0,80}? )?([RSDTtZI][<NLsl+]{0,4}) {1,16}(\S.{0,200})$/;

/** `ps -f`: no state. */
const PS_FULL =
  /^[a-z_][\w+-]{0,31} {1,16}(\d{1,10}) {1,16}(\d{1,10}) {1,8}\d{1,3} .{1,40} \d[\d-]*:\d\d:\d\d (\S.{0,200})$/;

/** What a line of `ps` says of a process: its state, and its name when the last column looks like one. */
export function parsePsLine(content: string): (TaskHeader & { pid: number }) | undefined {
  if (content.length > 300) return undefined;
  const full = PS_FULL.exec(content);
  if (full) return { pid: Number(full[1]), ppid: Number(full[2]), ...commandIn(full[3]!) };
  const match = PS.exec(content);
  if (!match) return undefined;
  return { pid: Number(match[1]), state: match[2]![0]!, ...commandIn(afterClock(match[3]!)) };
}

/** A function of the kernel before the name: WCHAN. */
const WCHAN = /^\w{1,40}(?: {2,40}| (?=\[))(?=\S)/;

/** The name, when the column begins with one: of the path only its end, of kernel threads and the dead without the brackets. */
function commandIn(column: string): { comm?: string } {
  const [, command] = /(?:\d +|^)([A-Za-z[(/.][^\s:]{0,63}):?(?: |$)/.exec(column.replace(WCHAN, '')) ?? [];
  if (command === undefined) return {};
  const bracketed = /^\[(.+)\]$/.exec(command);
  return { comm: bracketed ? bracketed[1]! : command.replace(/^.*\/(?=[^/])/, '') };
}

/** The last column: the command, behind TIME or ELAPSED when the line has it (WCHAN may stand before). */
function afterClock(columns: string): string {
  const clock = /(?:^|\s)(?:\d[\d:.-]*)\s+(?=\D)/.exec(columns);
  return clock ? columns.slice(clock.index + clock[0].length) : columns;
}

/** A running or reporting CPU, not a sleeping task: `CPU: 1 UID: 0 PID: 7 Comm: bash Not tainted 6.1`. */
export function parseCpuLine(content: string): TaskHeader | undefined {
  const match =
    /^CPU: \d{1,5} (?:UID: \d{1,10} )?PID: (\d{1,10}) Comm: (.{1,64}?) (?:Not tainted|Tainted|Kdump)/.exec(
      content,
    );
  return match ? { pid: Number(match[1]), comm: match[2]!.trim() } : undefined;
}

/** True when a header was wrapped by a mailer: its end stands in the next line. */
export function isWrapped(content: string): boolean {
  if (content.startsWith('task:')) {
    return content.includes('state:') && !/ flags:\s*\S/.test(content);
  }
  if (!content.startsWith('INFO: task ')) return false;
  return !/seconds|not found|by task \S.{0,64}:\d/.test(content);
}

const OLD_CUT = /^\S.{0,39}? {1,40}[RSDTtZI](?: {1,20}(?:running task|[\da-f]{8,16}|\d{1,8})){0,5}$/;

/** True when an old header may go on in the next line. */
export function isCutTaskLine(content: string): boolean {
  // A frame, the most frequent line, has an offset.
  return content.length < 100 && !content.includes('+0x') && OLD_CUT.test(content);
}

function number<K extends string>(key: K, match: RegExpExecArray | null): { [P in K]?: number } {
  return (match ? { [key]: Number(match[1]) } : {}) as { [P in K]?: number };
}
