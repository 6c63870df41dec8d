import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { idleRules } from '../../src/rules/idle.ts';
import { rules } from '../../src/rules/index.ts';
import type { Explanation, Family, Rule } from '../../src/rules/rule.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** In the order of `procdiag explain`: the healthy last. */
const FAMILIES: readonly Family[] = [
  'd-state',
  'ptrace',
  'pid-namespace',
  'reaping',
  'stopped',
  'wait',
  'busy',
  'signal',
  'leak',
  'limit',
  'hostile',
  'none',
];

/** A page without them would be wrong for a cause; a healthy sleep has nothing that fails to help. */
const NEVER_EMPTY = ['byHand', 'resolves', 'lookAlikes', 'sources'] as const;

/** A terminal report cuts longer texts (src/report/text.ts). */
const MOST_COLUMNS = 900;

/** Files of src/rules/ whose default export is a rule, with that rule. */
const files = await Promise.all(
  readdirSync(`${SRC}rules`)
    .filter((file) => file.endsWith('.ts'))
    .map(async (file) => {
      const name = file.slice(0, -'.ts'.length);
      const module: { default?: Partial<Rule> } = await import(`../../src/rules/${name}.ts`);
      return { name, rule: module.default };
    }),
);
const ruleFiles = files.filter(({ rule }) => rule?.id !== undefined && rule.explanation !== undefined);

function texts({ meaning, byHand, resolves, doesNot, lookAlikes, sources }: Explanation): string[] {
  return [meaning, ...byHand, ...resolves, ...doesNot, ...lookAlikes, ...sources];
}

describe('the index of causes', () => {
  it('finds rules in the folder', () => {
    expect(ruleFiles.length).toBeGreaterThan(40);
  });

  it.each(ruleFiles)('has $name, under the name of its file', ({ name, rule }) => {
    expect(rules).toContain(rule);
    expect(rule?.id).toBe(name);
  });

  it('has nothing else but the healthy sleeps', () => {
    expect(rules.length).toBe(ruleFiles.length + idleRules.length);
    expect(idleRules.every(({ id, family }) => family === 'none' && id.startsWith('idle-'))).toBe(true);
  });

  it('has each id once', () => {
    const ids = rules.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  it('keeps families together and in their order', () => {
    const places = rules.map(({ family }) => FAMILIES.indexOf(family));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('explains each healthy sleep that a resolver names', () => {
    const sources = readdirSync(`${SRC}waits`, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.ts'),
    );
    const named = sources.flatMap((path) =>
      [...readFileSync(`${SRC}waits/${path}`, 'utf8').matchAll(/'(idle-[a-z-]+)'/g)].map((match) => match[1]),
    );
    const known = new Set(idleRules.map(({ id }) => id));
    expect(named.length).toBeGreaterThan(0);
    expect([...new Set(named)].filter((id) => id === undefined || !known.has(id))).toEqual([]);
  });
});

describe.each(rules)('the page of $id', ({ family, title, explanation }) => {
  it('is complete', () => {
    expect(title).not.toBe('');
    expect(explanation.meaning.length).toBeGreaterThan(100);
    const empty = NEVER_EMPTY.filter((part) => explanation[part].length === 0);
    expect(empty).toEqual([]);
    if (family !== 'none') expect(explanation.doesNot).not.toEqual([]);
  });

  it('says what SIGKILL does', () => {
    expect(texts(explanation).join('\n')).toMatch(/SIGKILL|kill -9|kill -KILL/);
  });

  it('is made of single lines of printable text, with code spans that close', () => {
    for (const text of [title, ...texts(explanation)]) {
      expect(text).not.toMatch(/\p{Cc}/u);
      expect(text.length).toBeLessThanOrEqual(MOST_COLUMNS);
      expect(text).toBe(text.trim());
      expect(text).not.toContain('  ');
      expect(text.split('`').length % 2).toBe(1);
    }
  });

  it('refers to causes that exist', () => {
    const ids = new Set(rules.map(({ id }) => id));
    const families =
      /^(?:d|idle|ptrace|pidns|zombie|futex|signal|pipe|socket|wait-on|cgroup|fd|inotify|epoll|rlimit)-/;
    const references = texts(explanation)
      .flatMap((text) => [...text.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((match) => match[1] ?? ''))
      .filter((name) => families.test(name));
    expect(references.filter((name) => !ids.has(name))).toEqual([]);
  });
});
