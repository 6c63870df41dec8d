import { basename } from 'node:path';
import type { RecordingMeta } from '../../recording.ts';

/** The same without the place where it was recorded: that directory was private, and is gone. */
export function neutralMeta(meta: RecordingMeta, directory: string): RecordingMeta {
  const start = `${directory}/`;
  const words = (argv: readonly string[]): string[] =>
    argv.map((word) => (word.startsWith(start) ? basename(word) : word));
  const { strace, perf } = meta;
  return {
    ...meta,
    ...(strace === undefined
      ? {}
      : { strace: { ...strace, argv: words(strace.argv), said: strace.said.replaceAll(start, '') } }),
    ...(perf === undefined
      ? {}
      : {
          perf: {
            ...perf,
            files: perf.files.map((one) => ({ ...one, argv: words(one.argv) })),
            said: perf.said.replaceAll(start, ''),
          },
        }),
  };
}
