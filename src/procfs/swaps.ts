import { decimal, lines, unescapeOctal, words } from './text.ts';

/** A line of /proc/swaps, proc_swaps(5). Sizes in KiB. */
export interface SwapArea {
  readonly path: string;
  readonly type: 'partition' | 'file';
  readonly sizeKb: number;
  readonly usedKb: number;
  readonly priority: number;
  /** The file was unlinked while in use. */
  readonly deleted: boolean;
}

/** Lines that do not parse, the heading too, are left out. */
export function parseSwaps(text: string): SwapArea[] {
  const areas: SwapArea[] = [];
  for (const line of lines(text)) {
    const [path, ...rest] = words(line);
    // mm/swapfile.c escapes blanks, so this one can only be the kernel's own ` (deleted)`, written `\040(deleted)`.
    const plain = unescapeOctal(path ?? '');
    const deleted = plain.endsWith(' (deleted)');
    const [type, ...numbers] = rest;
    const [sizeKb, usedKb, priority] = numbers.map(decimal);
    if (type !== 'partition' && type !== 'file') continue;
    if (sizeKb === undefined || usedKb === undefined || priority === undefined) continue;
    areas.push({
      path: deleted ? plain.slice(0, -' (deleted)'.length) : plain,
      type,
      sizeKb,
      usedKb,
      priority,
      deleted,
    });
  }
  return areas;
}
