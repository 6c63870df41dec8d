/**
 * The lines of a file, without their newlines. What follows the last newline counts as a line unless it is empty.
 */
export function lines(text: string): string[] {
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  return all;
}

/** The words of a line, by blanks and tabs. */
export function words(line: string): string[] {
  return line.split(/[ \t]+/).filter((word) => word !== '');
}

/** A whole decimal number; undefined for anything else, so that a cut or forged field is not read as a number. */
export function decimal(word: string | undefined): number | undefined {
  return word !== undefined && /^-?\d{1,20}$/.test(word) ? Number(word) : undefined;
}

/** A decimal number with an optional fraction, as in /proc/uptime. */
export function fraction(word: string | undefined): number | undefined {
  return word !== undefined && /^-?\d{1,20}(\.\d{1,20})?$/.test(word) ? Number(word) : undefined;
}

/** A hexadecimal number without `0x`, of up to 64 bits; above 2^53 the low bits are lost. */
export function hex(word: string | undefined): number | undefined {
  return word !== undefined && /^[0-9a-fA-F]{1,16}$/.test(word) ? Number.parseInt(word, 16) : undefined;
}

/** A hexadecimal number of up to 64 bits, with or without `0x`, exact. */
export function hexBig(word: string | undefined): bigint | undefined {
  if (word === undefined) return undefined;
  const digits = word.startsWith('0x') ? word.slice(2) : word;
  return /^[0-9a-fA-F]{1,16}$/.test(digits) ? BigInt(`0x${digits}`) : undefined;
}

/** The octal escapes `\040` of seq_escape() and mangle_path() (fs/seq_file.c) undone. */
export function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/**
 * `Key:<tab>value` lines by key; blanks at both ends of values are dropped. Of a key that occurs twice the first
 * counts: nobody can override the kernel's line with a later one.
 */
export function keyed(text: string): Map<string, string> {
  const byKey = new Map<string, string>();
  for (const line of lines(text)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const key = line.slice(0, colon).trim();
    if (!byKey.has(key)) byKey.set(key, line.slice(colon + 1).trim());
  }
  return byKey;
}
