import type { Outcome } from '../../src/evidence/outcome.ts';
import { failed, text } from './fake-common.ts';
import type { FakeHost } from './fake-host-types.ts';

const PAGE = 4096n;

/** Private memory: anonymous and present unless told otherwise. */
export function memoryOf(
  host: FakeHost,
  what: string,
  pid: number,
  address: bigint,
  length: number,
): Outcome {
  const process = host.processes.find((candidate) => candidate.pid === pid);
  if (process === undefined) return failed('ESRCH');
  if ((host.uid ?? 0) !== 0 && host.uid !== process.uid) return failed('EACCES');
  if (what === 'pagemap') {
    const absent = process.swappedOut?.some((page) => BigInt(`0x${page}`) === (address & ~(PAGE - 1n)));
    const word = Buffer.alloc(8);
    if (absent !== true) word.writeBigUInt64LE(1n << 63n);
    return text(word.toString('latin1'));
  }
  for (const [start, content] of Object.entries(process.memory ?? {})) {
    const bytes = typeof content === 'string' ? Buffer.from(`${content}\0`, 'latin1') : Buffer.from(content);
    const offset = Number(address - BigInt(`0x${start}`));
    if (offset < 0 || offset >= bytes.length) continue;
    return text(
      Buffer.concat([bytes.subarray(offset), Buffer.alloc(length)])
        .subarray(0, length)
        .toString('latin1'),
    );
  }
  return failed('EIO');
}
