/** perf_event_header.type: include/uapi/linux/perf_event.h, and from 64 on tools/lib/perf/include/perf/event.h. */
export const RECORD = {
  lost: 2,
  comm: 3,
  exit: 4,
  throttle: 5,
  fork: 7,
  sample: 9,
  mmap2: 10,
  lostSamples: 13,
  switch: 14,
  switchCpuWide: 15,
  headerAttr: 64,
  tracingData: 66,
  finishedRound: 68,
  idIndex: 69,
  auxtrace: 71,
  eventUpdate: 78,
  headerFeature: 80,
  compressed: 81,
  compressed2: 83,
} as const;

/** Types from here on are written by perf itself, without stamps. */
export const FIRST_USER_RECORD = 64;

export const RECORD_HEADER = 8;

/** Bits of perf_event_header.misc. */
export const MISC_EXEC = 1 << 13;
export const MISC_SWITCH_OUT = 1 << 13;
export const MISC_SWITCH_OUT_PREEMPT = 1 << 14;
