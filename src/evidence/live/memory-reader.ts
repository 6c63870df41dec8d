import { errnoFromMessage } from '../../procfs/errno-from-text.ts';
import type { Key } from '../keys.ts';
import { NO_TIME, type Outcome } from '../outcome.ts';
import { runChild } from './child.ts';
import type { GuardedOptions } from './guarded.ts';

const LENGTH_LIMIT = 4096;

/**
 * Reads a few bytes of `/proc/PID/mem` or one word of `/proc/PID/pagemap`, as a child that can be killed. Whether the read
 * may fault, and so hold the target's mmap_lock, is for the caller to know: see waits/memory.ts.
 */
export async function readMemory(key: Key, options: GuardedOptions): Promise<Outcome> {
  const [what, pid, hex, length] = key.split(':');
  const address = BigInt(`0x${hex ?? '0'}`);
  const [skip, count] =
    what === 'pagemap' ? [(address / 4096n) * 8n, 8] : [address, Math.min(Number(length), LENGTH_LIMIT)];
  const path = options.realPath(`/proc/${pid}/${what}`);
  const args = [
    `if=${path}`,
    'iflag=skip_bytes,fullblock',
    `bs=${count}`,
    `skip=${skip}`,
    'count=1',
    'status=none',
  ];
  const result = await runChild('dd', args, {
    stallMs: options.stallMs,
    lateMs: options.lateMs,
    maxBytes: 65536,
  });
  if (result.ended === 'exited' && result.code === 0)
    return { kind: 'text', text: result.stdout.toString('latin1') };
  if (result.ended === 'exited') {
    const message = /: ([^:]+)$/.exec(result.stderr.trim())?.[1] ?? '';
    return { kind: 'error', errno: errnoFromMessage(message) ?? 'EIO' };
  }
  if (result.ended === 'stuck') {
    return { kind: 'blocked', afterMs: result.stuckIn?.afterMs ?? options.stallMs };
  }
  if (result.ended === 'no-program') return { kind: 'skipped', why: 'no dd on this host to read it safely' };
  return NO_TIME;
}
