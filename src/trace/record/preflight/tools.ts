import { accessSync, constants, existsSync } from 'node:fs';
import { CAP_PERFMON, CAP_SYS_ADMIN, hasCapability, perfEventParanoid } from '../proc.ts';
import { type Found, findPerf, findStrace } from '../tools.ts';
import type { Refusal } from './refusal.ts';
import type { Preflight, PreflightRequest } from './request.ts';

/** Whether the two are there, and may do what they are for. */
export async function preflightTools(request: Omit<PreflightRequest, 'follow'>): Promise<Preflight> {
  const [strace, perf] = await Promise.all([
    request.strace ? findStrace() : undefined,
    request.perf ? findPerf() : undefined,
  ]);
  const refusals: Refusal[] = [];
  if (strace !== undefined && !('tool' in strace)) refusals.push(toolRefusal('strace', strace));
  if (perf !== undefined && !('tool' in perf)) refusals.push(toolRefusal('perf', perf));
  const limit = perf !== undefined && 'tool' in perf ? tracepointRefusal() : undefined;
  if (limit !== undefined && request.wholePerf === true) refusals.push(limit);
  const perfWorks = perf !== undefined && 'tool' in perf && refusals.every(({ source }) => source !== 'perf');
  return {
    ...(strace !== undefined && 'tool' in strace ? { strace: strace.tool } : {}),
    ...(perfWorks ? { perf: perf.tool, ...(limit === undefined ? {} : { perfLimit: limit }) } : {}),
    refusals,
    notes: [],
  };
}

function toolRefusal(source: 'strace' | 'perf', found: Exclude<Found<unknown>, { tool: unknown }>): Refusal {
  const remedy =
    source === 'strace'
      ? 'Install it: apt install strace.'
      : 'Install it: apt install linux-perf on Debian, linux-tools-$(uname -r) on Ubuntu.';
  if ('prevented' in found) {
    const { why, remedy: instead } = found.prevented;
    return {
      source,
      code: `${source}-broken`,
      message: `${source} cannot be started: ${why}.`,
      remedy: instead,
    };
  }
  if ('missing' in found) {
    return { source, code: `no-${source}`, message: `${found.missing}.`, remedy };
  }
  const wanted = /linux-(?:cloud-)?tools-[\w.+-]+/.exec(found.broken)?.[0];
  return {
    source,
    code: `${source}-broken`,
    message: `${found.broken}.`,
    remedy: wanted === undefined ? remedy : `Install it: apt install ${wanted}.`,
  };
}

const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Tracepoints need their descriptions in tracefs, and the right to open them. */
function tracepointRefusal(): Refusal | undefined {
  const readable = TRACEFS.some((directory) => {
    try {
      accessSync(`${directory}/events/raw_syscalls/sys_enter/format`, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
  const root = process.geteuid?.() === 0;
  const may = hasCapability(CAP_PERFMON) || hasCapability(CAP_SYS_ADMIN);
  const paranoid = perfEventParanoid();
  if (readable && (may || (paranoid !== undefined && paranoid < 0))) return undefined;
  if (readable || !root) {
    return {
      source: 'perf',
      code: 'perf-not-permitted',
      message: readable
        ? `perf may not record tracepoints of the kernel (kernel.perf_event_paranoid is ${paranoid ?? 'unknown'}, and we have neither CAP_PERFMON nor CAP_SYS_ADMIN).`
        : 'perf may not read the tracepoints of the kernel: /sys/kernel/tracing is for root.',
      remedy: 'Run it as root.',
    };
  }
  // Where it is not mounted, perf as root mounts it.
  if (may && TRACEFS.some((directory) => existsSync(directory)) && !existsSync(`${TRACEFS[0]}/events`))
    return undefined;
  return {
    source: 'perf',
    code: 'no-tracefs',
    message: 'The kernel shows no tracepoints: tracefs is not mounted at /sys/kernel/tracing, or not for us.',
    remedy: 'mount -t tracefs tracefs /sys/kernel/tracing; in a container, record on the host.',
  };
}
