import type { PerfSource } from './batch.ts';
import { type ByteSource, bytesAt } from './byte-source.ts';
import { looksLikePerfData } from './data/file-header.ts';
import { openPerfData } from './data/reader.ts';
import type { PerfOptions, Refused } from './options.ts';
import { openPerfText } from './script/open-text.ts';

const MAGICS: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0xfd, 0x37, 0x7a, 0x58], 'xz'],
];

/** Opens a recording of perf, whichever it is: a perf.data, or the text that perf script made of one. */
export function openPerf(source: ByteSource, options: PerfOptions): PerfSource | Refused {
  const head = bytesAt(source, 0, 16);
  if (head.length === 0) return { refused: 'This recording of perf is empty.' };
  if (looksLikePerfData(head)) return openPerfData(source, options);
  const packed = MAGICS.find(([bytes]) => bytes.every((byte, index) => head[index] === byte));
  if (packed) return { refused: `This file is compressed with ${packed[1]}: unpack it first.` };
  return openPerfText(source, options.originNs);
}
