import type { ChainLink } from './long-wait.ts';
import { plural, time } from './numbers.ts';
import type { SpentPart } from './spent.ts';

/** So much of a time is told in parts; what is left is noise. */
const TOLD = 0.97;
const MOST_PARTS = 5;
/** A part that is shorter than this share of the whole is not told by itself. */
const LEAST = 0.01;

/** One sleep that covers so much of a wait explains it, and is told first, with its arguments. */
const EXPLAINS = 0.8;

/** Whether a link of a chain is told by its one long sleep, not by all that it did. */
export function isOneSleep({ did, seconds = 0, parts = [] }: ChainLink): boolean {
  return did === 'slept' && seconds >= EXPLAINS * secondsOf(parts);
}

/** What a link did beside its one long sleep, in words. */
export function besides({ name, args = '', seconds = 0, parts = [] }: ChainLink): string[] {
  const main = parts.find(
    (part) => part.did === 'blocked' && part.name === name && args.startsWith(part.first ?? ''),
  );
  const more = (main?.seconds ?? 0) - seconds;
  const others = parts.flatMap((part) => {
    if (part !== main) return [part];
    const { calls = 1, ...same } = part;
    return calls > 1 && more > 0 ? [{ ...same, seconds: more, calls: calls - 1 }] : [];
  });
  return partsInWords(others, secondsOf(parts));
}

/** The longest parts, until they account for nearly all of the time; the rest in one figure. In words, one each. */
export function partsInWords(parts: readonly SpentPart[], of = secondsOf(parts)): string[] {
  const all = of;
  const told: string[] = [];
  let known = of - secondsOf(parts);
  for (const part of parts) {
    if (told.length === MOST_PARTS || known >= all * TOLD || part.seconds < all * LEAST) break;
    told.push(partInWords(part));
    known += part.seconds;
  }
  const rest = all - known;
  return told.length < parts.length && rest > all * LEAST ? [...told, `${time(rest)} at other things`] : told;
}

/** The seconds that parts add up to. */
function secondsOf(parts: readonly SpentPart[]): number {
  return parts.reduce((sum, { seconds }) => sum + seconds, 0);
}

function partInWords(part: SpentPart): string {
  const { did, name, first, calls = 1 } = part;
  const took = time(part.seconds);
  switch (did) {
    case 'running':
      return `${took} on CPU`;
    case 'runnable':
      return `${took} waiting for a CPU`;
    case 'stopped':
      return `${took} stopped`;
    case 'ptrace':
      return `${took} held by strace`;
    case 'in-call':
      return `${took} in ${calls === 1 ? 'another call' : `${plural(calls, 'other call')}`}`;
    case 'between-calls':
      return `${took} between calls`;
    case 'absent':
      return `${took} not there, or not recorded`;
    case 'blocked': {
      const where =
        name === undefined ? 'asleep elsewhere' : first === undefined ? `in ${name}` : `in ${name}(${first})`;
      return calls > 1 ? `${took} ${where} over ${plural(calls, 'call')}` : `${took} ${where}`;
    }
  }
}
