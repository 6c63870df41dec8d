import type { RecordingMeta } from '../recording.ts';
import type { StartedPerf } from './perf/start.ts';
import { procText } from './proc.ts';
import type { StraceRecorder } from './strace/recorder.ts';
import type { Ended } from './tool.ts';
import type { PerfTool, StraceTool } from './tools.ts';

/** The parts of meta.json that tell of the recorders, of the host and of the command. */
export function straceMeta(
  strace: StraceRecorder | undefined,
  tool: StraceTool | undefined,
  outOfStep: readonly number[],
): Pick<RecordingMeta, 'strace'> {
  if (strace === undefined || tool === undefined) return {};
  return {
    strace: {
      version: tool.version,
      argv: strace.argv,
      file: 'strace.log',
      ...(strace.attachedNs === undefined ? {} : { attachedNs: String(strace.attachedNs) }),
      ...(strace.detachedNs === undefined ? {} : { detachedNs: String(strace.detachedNs) }),
      said: strace.said,
      ...(outOfStep.length === 0 ? {} : { outOfStepTids: outOfStep }),
    },
  };
}

/** The same of perf; empty where it recorded nothing. */
export function perfMeta(
  perf: StartedPerf,
  tool: PerfTool | undefined,
  enabledNs: bigint,
  disabledNs: bigint,
): Pick<RecordingMeta, 'perf'> {
  if (perf.recorders.length === 0 || tool === undefined) return {};
  return {
    perf: {
      version: tool.version,
      ...(perf.sight === 'switches' ? { sees: 'switches' as const } : {}),
      files: perf.recorders.map(({ role, argv }) => ({ file: `perf-${role}.data`, role, argv })),
      enabledNs: String(enabledNs),
      disabledNs: String(disabledNs),
      blindTids: perf.blind,
      said: perf.recorders.map(({ role, tool: { said } }) => `${role}: ${said.trim()}\n`).join(''),
    },
  };
}

/** /proc/sys/kernel/random/boot_id: the monotonic clock is that of one boot. */
export function bootId(): { bootId?: string } {
  const text = procText('/proc/sys/kernel/random/boot_id')?.trim();
  return text === undefined || text === '' ? {} : { bootId: text };
}

export const endOf = ({ code, signal }: Ended) => ({
  ...(code === null ? {} : { code }),
  ...(signal === null ? {} : { signal }),
});
