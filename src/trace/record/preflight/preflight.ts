import { canLetUsTrace, yamaScope } from '../yama.ts';
import { isOurs } from './permission.ts';
import type { Refusal } from './refusal.ts';
import type { Preflight, PreflightRequest } from './request.ts';
import { lookAtTarget } from './target.ts';
import { preflightTools } from './tools.ts';

/** Looks whether `pid` can be recorded, by what; without touching it. */
export async function preflight(pid: number, request: PreflightRequest): Promise<Preflight> {
  const target = await lookAtTarget(pid, request);
  if (target.some(({ source }) => source === 'both')) return { refusals: target, notes: [] };
  const host = await preflightTools(request);
  // Of somebody else's process a user may see not even the switches.
  const foreign = host.perfLimit !== undefined && !isOurs(pid) ? [host.perfLimit] : [];
  const refusals = [...target, ...host.refusals, ...foreign];
  const refused = (source: 'strace' | 'perf') => refusals.some((refusal) => refusal.source === source);
  return {
    ...(host.strace === undefined || refused('strace') ? {} : { strace: host.strace }),
    ...(host.perf === undefined || refused('perf') ? {} : { perf: host.perf, ...limitOf(host) }),
    refusals,
    notes: host.notes,
  };
}

const limitOf = ({ perfLimit }: Preflight) => (perfLimit === undefined ? {} : { perfLimit });

/** The same for a command that is not there yet. */
export async function preflightCommand(request: Omit<PreflightRequest, 'follow'>): Promise<Preflight> {
  const host = await preflightTools(request);
  if (!request.strace || canLetUsTrace()) return host;
  const { strace: _, ...others } = host;
  const refusal: Refusal = {
    source: 'strace',
    code: 'yama',
    message: `The command cannot be traced: kernel.yama.ptrace_scope is ${yamaScope()}.`,
    remedy: yamaScope() === 3 ? 'Use --perf alone.' : 'Run it as root, or: sysctl kernel.yama.ptrace_scope=0',
  };
  return { ...others, refusals: [...host.refusals, refusal] };
}
