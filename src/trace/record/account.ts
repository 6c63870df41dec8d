import type { Refusal } from './preflight/refusal.ts';

/** What is to be told of how a recording went, beside what it holds. */
export class Account {
  /** Why a source that was asked for is missing. */
  readonly refusals: Refusal[] = [];
  readonly notes: string[] = [];
  /** Of the notes, those for which the recording is a part only of what was asked for. */
  readonly partial: string[] = [];

  note(...sentences: readonly string[]): void {
    this.notes.push(...sentences);
  }

  notePart(sentence: string): void {
    this.notes.push(sentence);
    this.partial.push(sentence);
  }

  refuse(...refusals: readonly Refusal[]): void {
    this.refusals.push(...refusals);
  }

  /** For meta.json. */
  told(): { notes: string[]; partial?: string[]; missing?: string[] } {
    const partial = [...this.refusals.filter(isFailure).map(sentencesOf), ...this.partial];
    const missing = this.refusals.filter((refusal) => !isFailure(refusal)).map(sentencesOf);
    return {
      notes: [...this.refusals.map(sentencesOf), ...this.notes],
      ...(partial.length === 0 ? {} : { partial }),
      ...(missing.length === 0 ? {} : { missing }),
    };
  }
}

const sentencesOf = ({ message, remedy }: Refusal): string => `${message} ${remedy}`;

/** It might have recorded, and did not: what else refuses, this host or this process always does. */
const isFailure = ({ code }: Refusal): boolean => code === 'strace-failed' || code === 'perf-failed';

/** An error's words in one line, the first of many. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== 'Error:')
    .slice(0, 4)
    .join(' ')
    .replace(/[.\s]+$/, '');
}
