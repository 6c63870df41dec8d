import { readdirSync, readFileSync } from 'node:fs';

const DIRECTORY = new URL('./recorded/', import.meta.url);

/** A recorded file as latin1, by its name without `.txt`; see recorded/README.md for how they came to be. */
export function recorded(name: string): string {
  return readFileSync(new URL(`${name}.txt`, DIRECTORY), 'latin1');
}

/** Every recorded file of a format: `stat` gives stat.txt, stat.zombie.txt … */
export function recordedOf(format: string): string[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name === `${format}.txt` || (name.startsWith(`${format}.`) && name.endsWith('.txt')))
    .map((name) => recorded(name.slice(0, -'.txt'.length)));
}
