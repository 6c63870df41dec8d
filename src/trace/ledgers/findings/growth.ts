import type { TraceFact, TraceFinding } from '../../finding.ts';
import type { MappingGroup, MemoryProcess } from '../memory/book.ts';
import type { ThreadGrowth } from '../threads/book.ts';
import { type Context, hasGap } from './context.ts';
import { count, named, size, span } from './words.ts';

const WORTH_A_WORD = 8;
const WORTH_A_WARNING = 16;
/** So many are no accident. */
const SPEAKS_FOR_ITSELF = 100;
/** Less than this in less than so many mappings is noise of allocators. */
const LEAST_BYTES = 1 << 20;
const MANY_MAPPINGS = 100;
const FEW_STEPS = 12;
/** A task that is done sooner than this has nothing that could be told from a leak. */
const LEAST_LIFE_NS = 2_000_000_000;
const MOST_FACTS = 4;

/** Threads that are started over and over, and do not end. */
export function findThreadLeaks(context: Context): TraceFinding[] {
  return context.books.threads.processes.items.flatMap((growth): TraceFinding[] => {
    const strength = strengthOfThreads(growth);
    return strength === 'none' ? [] : [threadLeak(context, growth, strength === 'warning')];
  });
}

/** As with descriptors: a pool is filled in the first quarters, and then ever more slowly. */
function strengthOfThreads({ left, quarters }: ThreadGrowth): 'none' | 'word' | 'warning' {
  const busy = quarters.filter((made) => made > 0).length;
  const late = quarters[2] + quarters[3];
  if (left >= WORTH_A_WARNING && busy === 4 && late >= left / 4) return 'warning';
  return left >= WORTH_A_WORD && busy >= 3 && quarters[3] > 0 && late >= left / 4 ? 'word' : 'none';
}

function threadLeak(context: Context, growth: ThreadGrowth, strong: boolean): TraceFinding {
  const { pid, comm, started, left, quarters, trend, alive } = growth;
  const gap = hasGap(context, pid);
  const many = strong && left >= SPEAKS_FOR_ITSELF && !gap;
  const spread = `those that are left were started all through the trace (${quarters.join(', ')} by quarters)`;
  return {
    cause: 'thread-leak',
    family: 'leak',
    severity: strong ? 'warning' : 'info',
    confidence: many ? 'likely' : 'possible',
    because: gap
      ? 'events were lost: some may have ended unseen'
      : many
        ? spread
        : `${spread}, and they may yet end: a longer trace tells`,
    title: `${named(pid, comm)} starts threads that do not end: ${left} of ${started}`,
    summary: `${named(pid, comm)} started ${count(started, 'thread')}, and ${left} of them ${alive ? 'live still' : 'lived when it ended'}: ${trend.start} at first, ${trend.end} in the end, ${trend.perSecond.toFixed(1)} more each second. Each holds a PID, a stack and what it has locked or open; when pids.max, RLIMIT_NPROC or threads-max is reached, none can be started.`,
    culprit: { pid, comm },
    facts: growth.samples.items.slice(0, MOST_FACTS).map(({ tid, atNs, byTid }) => ({
      text: `thread ${tid} was started by ${byTid} at ${span(atNs)}, and has not ended`,
      pid,
      tid: byTid,
      atNs,
    })),
    remedies: [
      {
        command: `procdiag inspect --threads ${pid}`,
        effect: 'shows in what they all sleep: mostly one lock, one queue or one peer that does not answer',
        risk: 'none: reads only',
      },
      {
        command: `grep Threads /proc/${pid}/status`,
        effect: 'shows how many there are: twice, some minutes apart, shows whether it still grows',
        risk: 'none: reads only',
      },
      {
        command: '',
        effect: 'start them from a pool of bounded size, and give what they wait for a timeout',
        risk: 'none',
      },
    ],
  };
}

/** Memory that is mapped, or that the heap grows by, over and over, and not given back. */
export function findMemoryLeaks(context: Context): TraceFinding[] {
  return context.books.memory.processes.items.flatMap((process): TraceFinding[] => {
    // Where the calls that unmap were not recorded, all that was mapped seems to stay.
    if (context.some === true && process.unmapped === 0) return [];
    if (process.begun && process.seenNs < LEAST_LIFE_NS) return [];
    const steps = risesBy(process);
    if (steps === undefined) return [];
    const threads = context.books.threads.processes.items.find(({ pid }) => pid === process.pid);
    const [largest] = process.groups.items;
    const isStacks = largest?.kind === 'stack' && largest.leftBytes > grownBy(process) / 2;
    // Their stacks: told with them.
    if (isStacks && threads !== undefined && strengthOfThreads(threads) !== 'none') return [];
    return [memoryLeak(context, process, steps, isStacks)];
  });
}

function grownBy({ trend }: MemoryProcess): number {
  return trend.end - trend.start;
}

/**
 * By how much the low of each quarter lies above the one before: so what is freed again, by a collector of garbage too, is
 * no growth. A cache or a heap that fills does so ever more slowly.
 */
function risesBy(process: MemoryProcess): readonly [number, number, number] | undefined {
  const { trend, grown, groups, begun } = process;
  // How a program starts up is not how it goes on.
  const [first, second, third, fourth] = trend.lows;
  const [a, b, c, d] = begun ? [second, third, fourth, trend.end] : [first, second, third, fourth];
  const steps = [b - a, c - b, d - c] as const;
  const left = groups.items.reduce((sum, group) => sum + group.left, 0);
  const isMuch = d - a >= LEAST_BYTES || left >= MANY_MAPPINGS;
  const mean = (d - a) / 3;
  const isSteady = mean > 0 && steps.every((step) => step >= mean / 2);
  return isSteady && isMuch && grown >= FEW_STEPS ? steps : undefined;
}

function memoryLeak(
  context: Context,
  process: MemoryProcess,
  steps: readonly number[],
  isStacks: boolean,
): TraceFinding {
  const { pid, comm, mapped, mappedBytes, unmapped, unmappedBytes, heapBytes, grown, seenNs } = process;
  const gap = hasGap(context, pid);
  const likely = grown >= SPEAKS_FOR_ITSELF && unmappedBytes === 0 && !process.begun && !gap;
  const rate = steps.reduce((sum, step) => sum + step, 0) / (0.75 * Math.max(1, seenNs) * 1e-9);
  const spread = `in each quarter of the time it had ${steps.map(size).join(', ')} more than in the one before`;
  const [largest] = process.groups.items;
  const what = isStacks
    ? `Most of it are stacks of threads (MAP_STACK)${stacksOf(context, process)}. `
    : largest === undefined || largest.leftBytes < heapBytes
      ? ''
      : `Most of all: ${largest.left} of ${largest.made} mappings of ${size(largest.bytes)} each${largest.kind === 'file' ? ', of files' : ''}. `;
  return {
    cause: 'memory-leak',
    family: 'leak',
    severity: process.begun ? 'info' : 'warning',
    confidence: likely ? 'likely' : 'possible',
    because: gap
      ? 'events were lost: some may have been unmapped unseen'
      : likely
        ? `${spread}, and unmapped nothing`
        : `${spread}; a cache, or a task that is not done, may grow so too: a longer trace tells`,
    title: `${named(pid, comm)} takes ever more memory: ${size(rate)} more each second`,
    summary:
      `${named(pid, comm)} mapped ${size(mappedBytes)} (${count(mapped, 'call')}) and unmapped ${unmapped === 0 ? 'nothing' : `${size(unmappedBytes)} (${count(unmapped, 'call')})`}` +
      `${heapBytes === 0 ? '' : `; its heap (brk) ${heapBytes > 0 ? 'grew' : 'shrank'} by ${size(Math.abs(heapBytes))}`}. ${what}`.trimEnd() +
      ' Which part of the program holds it, system calls do not tell.',
    culprit: { pid, comm },
    facts: process.groups.items.slice(0, MOST_FACTS).map((group) => mappedFact(pid, group)),
    remedies: [
      {
        command: `grep -E '^(VmRSS|RssAnon|VmData)' /proc/${pid}/status`,
        effect: 'shows what it has: twice, some minutes apart, shows whether it still grows',
        risk: 'none: reads only',
      },
      {
        command: `perf record -g -e syscalls:sys_enter_mmap,syscalls:sys_enter_brk -p ${pid} -- sleep 30`,
        effect: 'shows with perf report which code asks the kernel for it',
        risk: 'costs the process some microseconds for each of these calls',
      },
      {
        command: '',
        effect:
          'a profiler of the heap (heaptrack, jemalloc or tcmalloc with profiling, tracemalloc, --heapsnapshot-signal) tells who holds it',
        risk: 'most must be there when the program starts',
      },
    ],
  };
}

/** Threads that have ended, and their stacks stayed. */
function stacksOf({ books }: Context, { pid }: MemoryProcess): string {
  const threads = books.threads.processes.items.find((one) => one.pid === pid);
  return threads === undefined || threads.ended < threads.started / 2
    ? ''
    : `, though ${threads.ended} of ${threads.started} threads have ended: those are neither joined (pthread_join) nor detached`;
}

function mappedFact(pid: number, group: MappingGroup): TraceFact {
  return {
    text: `${group.call}(${group.args}): ${group.left} of ${group.made} such mappings are left (${size(group.leftBytes)}), the last made at ${span(group.lastNs)}`,
    pid,
    tid: group.byTid,
    atNs: group.firstNs,
  };
}
