import type { Evidence } from '../evidence/evidence.ts';
import { type Key, pathOf } from '../evidence/keys.ts';
import type { ProcessEvidence } from '../evidence/process.ts';
import type { ThreadEvidence } from '../evidence/thread.ts';
import type { Fact } from './graph.ts';

/** The first line of a file that `test` finds, as a fact; none when the file was not read or holds no such line. */
export function lineFact(evidence: Evidence, key: Key, test: RegExp | string, says?: string): Fact[] {
  const text = evidence.world.text(key);
  const matches = (line: string) => (typeof test === 'string' ? line.startsWith(test) : test.test(line));
  const line = text?.split('\n').find(matches);
  return line === undefined ? [] : [fact(pathOf(key), line, says)];
}

/**
 * The part of a file that stands still while the rest of its line moves (counters, timers, numbers of lines), as a fact:
 * the first group of `pattern`, or all that it matches.
 */
export function partFact(evidence: Evidence, key: Key, pattern: RegExp, says?: string): Fact[] {
  const match = pattern.exec(evidence.world.text(key) ?? '');
  const part = match?.[1] ?? match?.[0];
  return part === undefined ? [] : [fact(pathOf(key), part, says)];
}

/** Parent, process group, session, terminal and its foreground group: fields 4 to 8 of a process's stat. */
export function familyFact(evidence: Evidence, of: { dir: string }, says: string): Fact[] {
  return partFact(evidence, `${of.dir}/stat`, /\) \S (-?\d+ -?\d+ -?\d+ -?\d+ -?\d+) [^)]*$/, says);
}

/** A line of evidence: where it stands, as it stands there, and what it says if that is not plain. */
export function fact(path: string, line: string, says?: string): Fact {
  return { path, line, ...(says === undefined ? {} : { says }) };
}

/** `State:`, as the kernel says it. */
export function stateFact(evidence: Evidence, of: { dir: string }, says?: string): Fact[] {
  return lineFact(evidence, `${of.dir}/status`, 'State:', says);
}

/** Where the thread sleeps: system call and the top of the stack, or its wait channel. */
export function pointFacts(evidence: Evidence, thread: ThreadEvidence): Fact[] {
  const facts = stateFact(evidence, thread);
  const call = evidence.world.text(thread.path('syscall'))?.split('\n')[0];
  const name = thread.syscallName;
  if (call !== undefined && call !== '')
    facts.push(fact(thread.path('syscall'), call, name === undefined ? undefined : `${name}()`));
  const stack = evidence.world.text(thread.path('stack'));
  if (stack !== undefined && stack !== '') {
    const lines = stack.split('\n').filter((line) => line !== '');
    for (const line of lines.slice(0, 3)) facts.push(fact(thread.path('stack'), line));
  } else {
    const wchan = evidence.world.text(thread.path('wchan'));
    if (wchan !== undefined && wchan !== '' && wchan !== '0') facts.push(fact(thread.path('wchan'), wchan));
  }
  return facts;
}

/** A descriptor of a process, and what it is. */
export function fdFact(process: ProcessEvidence, fd: number, says?: string): Fact[] {
  const link = process.fd(fd);
  return link === undefined ? [] : [fact(process.fdPath(fd), link.target, says)];
}
