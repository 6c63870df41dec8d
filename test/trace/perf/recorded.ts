import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PERF, type PerfSource } from '../../../src/trace/perf/batch.ts';
import { Kallsyms } from '../../../src/trace/perf/kallsyms.ts';

const FOLDER = join(import.meta.dirname, '../../../fixtures/perf');

/** A recording of fixtures/perf, unpacked. */
export function recordedBytes(name: string): Buffer {
  return gunzipSync(readFileSync(join(FOLDER, `${name}.gz`)));
}

/** A text of fixtures/perf. */
export function recordedText(name: string): string {
  return readFileSync(join(FOLDER, name), 'latin1');
}

/** Names functions as /proc/kallsyms of the machine of the recordings did. */
export function recordedSymbols(kernel = '.'): (address: bigint) => string | undefined {
  const table = new Kallsyms(readFileSync(join(FOLDER, kernel, 'kallsyms.txt')));
  return (address) => table.nameOf(address);
}

export interface Row {
  readonly kind: string;
  readonly at: number;
  readonly pid: number;
  readonly tid: number;
  readonly cpu: number;
  readonly a: number;
  readonly b: number;
  readonly args: string;
  readonly text: string | undefined;
  readonly stack: readonly string[] | undefined;
}

const NAMES = new Map(Object.entries(PERF).map(([name, kind]) => [kind as number, name]));

/** All rows of a source, as objects. */
export function rowsOf(source: PerfSource): Row[] {
  const rows: Row[] = [];
  for (let batch = source.next(); batch; batch = source.next()) {
    for (let row = 0; row < batch.count; row++) {
      const text = batch.text[row]!;
      const stack = batch.stack[row]!;
      rows.push({
        kind: NAMES.get(batch.kind[row]!) ?? String(batch.kind[row]),
        at: batch.at[row]!,
        pid: batch.pid[row]!,
        tid: batch.tid[row]!,
        cpu: batch.cpu[row]!,
        a: batch.a[row]!,
        b: batch.b[row]!,
        args: batch.args(row),
        text: text < 0 ? undefined : source.text(text),
        stack: stack < 0 ? undefined : source.stack(stack),
      });
    }
  }
  return rows;
}

/** Without what perf script tells on demand alone: --show-mmap-events. */
export const asScripted = (rows: readonly Row[]): Row[] => rows.filter(({ kind }) => kind !== 'vdso');

/** How many rows there are of each kind. */
export function countKinds(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of rows) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
