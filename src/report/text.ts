import { clip, decodeUtf8, sanitize } from '../term/sanitize.ts';
import { displayWidth } from '../term/width.ts';

/** No sentence of a report is longer, whatever a process calls itself: two megabytes of command line are no name. */
const MOST_BYTES = 4000;
const MOST_COLUMNS = 900;

/**
 * The one door for text into a terminal report: bytes to UTF-8, control and direction characters to visible escapes, on
 * one line, of bounded length. What went through it must not go through it again: é would be taken for a byte.
 */
export function line(text: string): string {
  return clip(sanitize(decodeUtf8(text.slice(0, MOST_BYTES))), MOST_COLUMNS);
}

/** Cuts the middle out, so that the end of a path stays readable. */
export function clipMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const tail: string[] = [];
  let used = 0;
  for (const char of [...text].reverse()) {
    used += displayWidth(char);
    if (used > Math.floor(width / 2)) break;
    tail.unshift(char);
  }
  return clip(text, width - displayWidth(tail.join(''))) + tail.join('');
}
