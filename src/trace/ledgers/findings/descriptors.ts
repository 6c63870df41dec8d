import type { TraceFact, TraceFinding } from '../../finding.ts';
import type { DescriptorProcess, InheritedOverExec, LeftDescriptor, LeftGroup } from '../descriptors/book.ts';
import { type Context, hasGap } from './context.ts';
import { count, named, span } from './words.ts';

/** Fewer may be anything: caches, log files, a lock or two. */
const WORTH_A_WORD = 6;
const WORTH_A_WARNING = 16;
/** So many that nobody has opened, never to use them again, on purpose. */
const SPEAKS_FOR_ITSELF = 100;
/** A program that ends sooner will let go of what it inherited before anybody is hurt. */
const LASTING_NS = 1_000_000_000;
const MOST_FACTS = 8;

/** Descriptors that are opened over and over, and neither closed nor used again. */
export function findDescriptorLeaks(context: Context): TraceFinding[] {
  const byPid = new Map<string, LeftGroup[]>();
  for (const group of context.books.descriptors.left.items) {
    if (strength(group) === 'none') continue;
    const key = `${group.pid} ${group.atExit}`;
    byPid.set(key, [...(byPid.get(key) ?? []), group]);
  }
  return [...byPid.values()].map((groups) => leak(context, groups));
}

/**
 * A leak goes on: in each quarter of the time something stays behind. A pool or cache that is filling is filled in the
 * first ones, and then ever more slowly; connections that live are used, or watched, and do not count as abandoned.
 */
function strength({ abandoned, quarters, pollsUnseen }: LeftGroup): 'none' | 'word' | 'warning' {
  const busy = quarters.filter((made) => made > 0).length;
  const steady = busy === 4 && quarters[2] + quarters[3] >= abandoned / 4;
  if (abandoned >= WORTH_A_WARNING && steady && !pollsUnseen) return 'warning';
  return abandoned >= WORTH_A_WORD && busy >= 3 && quarters[2] + quarters[3] > 0 ? 'word' : 'none';
}

function leak(context: Context, groups: readonly LeftGroup[]): TraceFinding {
  const [first] = groups as [LeftGroup];
  const { pid, comm } = first;
  const abandoned = groups.reduce((sum, group) => sum + group.abandoned, 0);
  const limited = context.books.descriptors.failures.items.find(
    (failure) => failure.pid === pid && failure.errno === 'EMFILE',
  );
  const process = context.books.descriptors.processes.items.find((entry) => entry.pid === pid);
  const strong = groups.some((group) => strength(group) === 'warning');
  const many = abandoned >= SPEAKS_FOR_ITSELF && strong && !hasGap(context, pid) && context.some !== true;
  const calls = groups.map(({ call, kind }) => `${call} (${kind})`).join(', ');
  const what = Object.entries(first.what)[0];
  return {
    cause: 'fd-leak',
    family: 'leak',
    severity: strong || limited !== undefined ? 'warning' : 'info',
    confidence: limited !== undefined && strong ? 'certain' : many ? 'likely' : 'possible',
    because: because(context, first, limited !== undefined, many),
    title: `${named(pid, comm)} leaves ${count(abandoned, 'descriptor')} open: ${calls}`,
    summary:
      `${named(pid, comm)} opened ${first.opened} by ${first.call}, and ${first.abandoned} of them are neither closed, ` +
      `watched nor used any more${first.atExit ? ' when it ended' : ''}${growth(process)}. ` +
      `${what === undefined || what[0] === '' ? '' : `Most of all: ${what[0]} (${what[1]}). `}` +
      `${first.otherSideClosed > 0 ? `Of ${first.otherSideClosed} the other side has closed.` : ''}`.trim(),
    culprit: { pid, comm },
    facts: groups
      .flatMap(({ samples }) => samples.items.slice(0, Math.max(2, Math.floor(MOST_FACTS / groups.length))))
      .map(openedFact),
    remedies: [
      {
        command: `ls -l /proc/${pid}/fd | awk '{print $NF}' | sed 's/\\[.*//' | sort | uniq -c | sort -rn | head`,
        effect: 'shows what is open now, by kind: twice, some minutes apart, shows whether it still grows',
        risk: 'none: reads only',
      },
      {
        command: '',
        effect: `look at the code that calls ${first.call}: a path (an error, a timeout, an early return) that does not close what it opened`,
        risk: 'none',
      },
      {
        command: `prlimit --pid ${pid} --nofile=65536:65536`,
        effect: 'raises the limit of the running process: time until it is repaired or restarted',
        risk: 'none to the process, unless it uses select(2), which breaks above 1024',
      },
    ],
  };
}

/**
 * Pipes and pairs of sockets by registers alone: their numbers are not known, and so not what becomes of each. But all others'
 * are: how many there are is made less closed.
 */
export function findUnnumberedLeaks(context: Context): TraceFinding[] {
  return context.books.descriptors.processes.items.flatMap(({ pid, comm, unnumbered }): TraceFinding[] => {
    if (unnumbered === undefined) return [];
    const { calls, trend } = unnumbered;
    const [a, b, c, d] = trend.lows;
    const mean = (d - a) / 3;
    const isSteady = mean > 0 && [b - a, c - b, d - c].every((step) => step >= mean / 2);
    if (!isSteady || d - a < WORTH_A_WARNING) return [];
    const names = Object.entries(calls).map(([name, times]) => `${times} by ${name}`);
    return [
      {
        cause: 'fd-leak',
        family: 'leak',
        severity: 'warning',
        confidence: 'possible',
        because: hasGap(context, pid)
          ? 'events were lost: some may have been closed unseen'
          : 'the numbers of these are not known to perf: made and closed were counted only',
        title: `${named(pid, comm)} makes more descriptors than it closes: ${Object.keys(calls).join(', ')}`,
        summary: `${named(pid, comm)} made ${names.join(', ')}, and ${trend.end} more than it closed of them: ${trend.perSecond.toFixed(1)} more each second.`,
        culprit: { pid, comm },
        facts: [],
        remedies: [
          {
            command: `ls -l /proc/${pid}/fd | awk '{print $NF}' | sed 's/\\[.*//' | sort | uniq -c | sort -rn | head`,
            effect:
              'shows what is open now, by kind: twice, some minutes apart, shows whether it still grows',
            risk: 'none: reads only',
          },
          {
            command: `procdiag trace --strace --syscalls %desc ${pid} --duration 30`,
            effect: 'tells which of them stay, with the calls that made them',
            risk: 'strace stops the process twice in each system call',
          },
        ],
      },
    ];
  });
}

function because(context: Context, group: LeftGroup, limited: boolean, many: boolean): string {
  if (hasGap(context, group.pid)) return 'events were lost: some may have been closed unseen';
  const spread = `what stays behind was opened all through the trace (${group.quarters.join(', ')} by quarters)`;
  if (limited) return `${spread}, and the limit was reached`;
  if (context.some) return `${spread}; not all calls were recorded: what uses them may be among the others`;
  if (group.pollsUnseen) return `${spread}; which of them it polls, registers alone do not tell`;
  return many ? spread : `${spread}, and it may yet be closed: a longer trace tells`;
}

function growth(process: DescriptorProcess | undefined): string {
  if (process === undefined) return '';
  const { start, end, perSecond } = process.trend;
  return end > start
    ? `: ${start} open at first, ${end} in the end, ${perSecond.toFixed(1)} more each second`
    : '';
}

/** Programs that live on with descriptors which the process that started them forgot to close. */
export function findInherited({ books, some }: Context): TraceFinding[] {
  const byParent = new Map<number, InheritedOverExec[]>();
  for (const heir of books.descriptors.inherited.items) {
    if (!heir.alive || heir.livedNs < LASTING_NS || forgotten(heir).length === 0) continue;
    byParent.set(heir.fromPid, [...(byParent.get(heir.fromPid) ?? []), heir]);
  }
  return [...byParent.values()].map((heirs): TraceFinding => {
    const [first] = heirs as [InheritedOverExec];
    const fds = forgotten(first);
    // An open file harms nobody much; an end of a pipe or a socket that nobody knows of keeps the other side waiting.
    const harmful = heirs.some((heir) =>
      forgotten(heir).some(({ kind }) => kind === 'pipe' || kind === 'socket'),
    );
    return {
      cause: 'fd-inherited',
      family: 'leak',
      severity: harmful ? 'warning' : 'info',
      confidence: some ? 'possible' : 'certain',
      because: some
        ? 'made without close-on-exec, copied by fork, still there after exec, and used by none of the calls that were recorded, which are not all'
        : 'made without close-on-exec, copied by fork, still there after exec, and never used since',
      title: `${named(first.pid, first.comm)} holds ${count(fds.length, 'descriptor')} of ${named(first.fromPid, first.fromComm)}`,
      summary:
        `${named(first.fromPid, first.fromComm)} started ${count(heirs.length, 'program')} that ${heirs.length === 1 ? 'lives' : 'live'} on with ` +
        `descriptors it never closed nor marked close-on-exec: ${fds.map(({ fd, what }) => `${fd} ${what}`).join(', ')}. ` +
        'Pipes get no end of file, and ports and locks stay taken, until these end too.',
      culprit: { pid: first.fromPid, comm: first.fromComm },
      facts: heirs.flatMap((heir) => forgotten(heir).map(openedFact)).slice(0, MOST_FACTS),
      remedies: [
        {
          command: `ls -l /proc/${first.pid}/fd`,
          effect: 'shows what it holds now',
          risk: 'none: reads only',
        },
        {
          command: '',
          effect: `open with O_CLOEXEC (SOCK_CLOEXEC, pipe2 …), or close_range(3, ~0U, 0) between fork and exec in ${first.fromComm || first.fromPid}`,
          risk: 'descriptors that are passed on purpose must be taken out of it',
        },
      ],
    };
  });
}

function forgotten(heir: InheritedOverExec): LeftDescriptor[] {
  return heir.descriptors.items.filter(({ used, arranged }) => !used && !arranged);
}

/** The limit of open files of the process, or of the host. */
export function findDescriptorLimits({ books }: Context): TraceFinding[] {
  const failures = books.descriptors.failures.items.filter(
    // These two have limits of their own, with the same number.
    ({ errno, call }) =>
      errno === 'ENFILE' || (errno === 'EMFILE' && !/^(?:inotify_init1?|fanotify_init)$/.test(call)),
  );
  const seen = new Set<string>();
  return failures.flatMap((failure): TraceFinding[] => {
    const { pid, comm, errno, open } = failure;
    if (seen.has(`${pid} ${errno}`)) return [];
    seen.add(`${pid} ${errno}`);
    const same = failures.filter((other) => other.pid === pid && other.errno === errno);
    const total = same.reduce((sum, other) => sum + other.count, 0);
    const host = errno === 'ENFILE';
    return [
      {
        cause: 'fd-limit',
        family: 'limit',
        severity: 'warning',
        confidence: 'certain',
        because: host
          ? 'ENFILE says that the host has no more open files to give'
          : 'EMFILE says that RLIMIT_NOFILE of the process is reached',
        title: `${named(pid, comm)}: ${count(total, 'call')} failed with ${errno}`,
        summary:
          `${same.map(({ call, count: n }) => `${n}x ${call}`).join(', ')} failed: ${host ? 'the limit of open files of the whole host (fs.file-max) is reached' : `the process has as many descriptors as it may${open > 3 ? ` (${open} known open at the first)` : ''}`}. ` +
          `First at ${span(failure.firstNs)} into the trace, last at ${span(failure.lastNs)}.`,
        culprit: { pid, comm },
        facts: same.slice(0, MOST_FACTS).map(({ call, args, firstNs }) => ({
          text: `${call}(${args}) = -1 ${errno}`,
          pid,
          atNs: firstNs,
        })),
        remedies: host
          ? [
              {
                command: 'cat /proc/sys/fs/file-nr; sysctl -w fs.file-max=…',
                effect: 'shows how many are open (first) of how many allowed (third), and raises it',
                risk: 'kernel memory; a leak will fill the new limit as well',
              },
            ]
          : [
              {
                command: `grep 'Max open files' /proc/${pid}/limits; ls /proc/${pid}/fd | wc -l`,
                effect: 'shows the limit, and how many are open',
                risk: 'none: reads only',
              },
              {
                command: `prlimit --pid ${pid} --nofile=65536:65536`,
                effect: 'raises the limit of the running process at once',
                risk: 'a leak will fill the new limit as well; select(2) breaks above 1024',
              },
            ],
      },
    ];
  });
}

function openedFact({ fd, what, call, args, atNs, byPid, byTid }: LeftDescriptor): TraceFact {
  return { text: `${call}(${args}) made ${fd} ${what}`, pid: byPid, tid: byTid, atNs };
}
