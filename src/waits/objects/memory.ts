import type { Evidence } from '../../evidence/evidence.ts';
import { memory, pagemap } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { type Mapping, parseMaps } from '../../procfs/maps.ts';

const PAGE = 4096n;
/** Bits of a pagemap word (Documentation/admin-guide/mm/pagemap.rst). */
const PRESENT = 1n << 63n;
const FILE_OR_SHARED = 1n << 61n;

/** Bytes of the target's memory, or why they were not read. */
export type MemoryRead = { readonly bytes: Uint8Array } | { readonly refused: string };

/**
 * Reads a few bytes of a process's memory where that cannot fault: the page is anonymous or shared memory, and present. A
 * faulting read could hold the target's mmap_lock on a dead mount; it is done with `--read-memory` only.
 * Undefined while the evidence is still on its way.
 */
export function readMemory(
  evidence: Evidence,
  process: ProcessEvidence,
  address: bigint,
  length: number,
): MemoryRead | undefined {
  if (address === 0n) return { refused: 'a null pointer' };
  if (!evidence.readMemory) {
    const reason = faultable(evidence, process, address, length);
    if (reason === undefined || reason !== '') return reason === undefined ? undefined : { refused: reason };
  }
  const outcome = evidence.outcome(memory(process.pid, address, length));
  if (outcome === undefined) return undefined;
  if (outcome.kind === 'text' && outcome.text.length === length) {
    return { bytes: Uint8Array.from(outcome.text, (character) => character.charCodeAt(0)) };
  }
  return { refused: outcome.kind === 'error' ? outcome.errno : 'it could not be read' };
}

/** '' when the read cannot fault, else the reason; undefined while it is not known yet. */
function faultable(
  evidence: Evidence,
  process: ProcessEvidence,
  address: bigint,
  length: number,
): string | undefined {
  const maps = evidence.outcome(`${process.dir}/maps`);
  if (maps === undefined) return undefined;
  if (maps.kind !== 'text') return 'maps could not be read';
  const mappings = evidence.world.parsed(`${process.dir}/maps`, parseMaps) ?? [];
  const mapping = mappings.find((m) => m.start <= address && address + BigInt(length) <= m.end);
  if (mapping === undefined) return 'the address is not mapped';
  for (let page = address & ~(PAGE - 1n); page < address + BigInt(length); page += PAGE) {
    const word = evidence.outcome(pagemap(process.pid, page));
    if (word === undefined) return undefined;
    if (word.kind !== 'text' || word.text.length !== 8) return 'pagemap could not be read';
    const bits = Buffer.from(word.text, 'latin1').readBigUInt64LE();
    if ((bits & PRESENT) === 0n) return 'the page is not present: reading it could block (--read-memory)';
    if ((bits & FILE_OR_SHARED) !== 0n && !isSharedMemory(mapping))
      return 'the page belongs to a file (--read-memory)';
  }
  return '';
}

function isSharedMemory({ path, inode }: Mapping): boolean {
  if (path === undefined || path === '') return inode === 0;
  return /^(?:\/dev\/shm\/|\/memfd:|\/SYSV|\/dev\/zero|\[anon_shmem)/.test(path);
}

export function u32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
}

export function i32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(offset, true);
}

/** The C string at an address (at most `limit` bytes, and not beyond its page), as latin1. */
export function readString(
  evidence: Evidence,
  process: ProcessEvidence,
  address: bigint,
  limit = 256,
): string | undefined {
  const room = Number(PAGE - (address & (PAGE - 1n)));
  const read = readMemory(evidence, process, address, Math.min(limit, room));
  if (read === undefined || 'refused' in read) return undefined;
  const end = read.bytes.indexOf(0);
  return end === -1 ? undefined : String.fromCharCode(...read.bytes.subarray(0, end));
}
