import { parseFrameLine } from './frames.ts';
import { stripLine } from './lines.ts';

/** Traces looked at: enough to tell, and a bound. */
const LOOK = 8;

/**
 * True for a log that was printed newest line first (`journalctl -r`, log viewers): its frames stand before their
 * `Call Trace:`, not behind it.
 */
export function isNewestFirst(text: string): boolean {
  let forward = 0;
  let backward = 0;
  let at = text.indexOf('Call Trace:');
  for (let seen = 0; at >= 0 && seen < LOOK; seen++) {
    const end = text.indexOf('\n', at);
    if (end >= 0 && hasFrame(lineAt(text, end + 1))) forward++;
    else if (end >= 0 && hasFrame(lineAt(text, nextLine(text, end + 1)))) forward++;
    else if (hasFrame(lineAt(text, lineBefore(text, at)))) backward++;
    else if (hasFrame(lineAt(text, lineBefore(text, lineBefore(text, at))))) backward++;
    at = text.indexOf('Call Trace:', at + 1);
  }
  return backward > forward;
}

function hasFrame(line: string): boolean {
  return parseFrameLine(stripLine(line).content) !== undefined;
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, Math.min(end < 0 ? text.length : end, start + 1000));
}

function nextLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end + 1;
}

/** Where the line before the one around `at` begins. */
function lineBefore(text: string, at: number): number {
  const start = text.lastIndexOf('\n', at - 1);
  return start <= 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
}
