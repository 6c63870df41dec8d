import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { registry } from '../../src/cli/registry.ts';
import { withLab } from '../../src/lab/lab.ts';
import { scenes } from '../../src/lab/registry.ts';
import { rules } from '../../src/rules/index.ts';
import { root } from '../cli/procdiag.ts';
import { recordingIn } from './recordings.ts';

/** What the README says is held to what is there, so that it cannot grow old unnoticed. */
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const spans = [...readme.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text.replaceAll('\\|', '|'));
const shell = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);

describe('commands of procdiag', () => {
  const lines = [...shell.flatMap((text) => text.split('\n')), ...spans]
    .map((line) => /(?:^|\| |\$\()procdiag ([^#|)]*)/.exec(line)?.[1]?.trim())
    .filter((line) => line !== undefined);

  it('are there', () => {
    expect(lines.length).toBeGreaterThan(10);
    for (const id of Object.keys(registry)) {
      expect(
        lines.some((line) => line.startsWith(id)),
        id,
      ).toBe(true);
    }
  });

  it.each([...new Set(lines)])('procdiag %s', async (line) => {
    const [id = '', ...words] = line.split(/\s+/);
    if (id === 'COMMAND') return expect(words).toEqual(['--help']);
    const load = registry[id];
    if (load === undefined) throw new Error(`there is no command ${id}`);
    const { args, flags, baseFlags } = (await load()) as unknown as typeof Command;
    const known = Object.entries({ ...flags, ...baseFlags });
    const given: string[] = [];
    while (words.length > 0) {
      const word = words.shift() ?? '';
      // Behind it stands a command of somebody else.
      if (word === '--') break;
      if (!word.startsWith('-') || word === '-') {
        given.push(word);
        continue;
      }
      const [, flag] = known.find(([name, { char }]) => [`--${name}`, `-${char}`].includes(word)) ?? [];
      expect(flag, word).toBeDefined();
      if (flag?.type === 'option') expect(words.shift(), word).toMatch(/^[^-]/);
    }
    const most = Object.values(args).some(({ multiple }) => multiple) ? 99 : Object.keys(args).length;
    expect(given.length).toBeLessThanOrEqual(most);
    if (id === 'explain' && given[0] !== undefined) expect(rules.map((rule) => rule.id)).toContain(given[0]);
    if (id === 'lab' && given[0] === 'run') expect(scenes.map(({ name }) => name)).toContain(given[1]);
  });
});

describe('what it refers to', () => {
  const links = [...readme.matchAll(/\]\(([^)#\s]+)\)/g)].map(([, link = '']) => link);
  const local = links.filter((link) => !/^https?:/.test(link));
  /** `src/waits/kinds/<name>.ts`: the folder of what one is to write. */
  const paths = spans
    .filter((span) => /^(?:src|test|fixtures|bin)\/\S*$/.test(span))
    .map((span) => span.replace(/<.*$/, ''));
  const tree = blocks.find(({ text }) => text.includes('src/commands/'))?.text ?? '';

  it.each([...new Set([...local, ...paths])])('%s exists', (path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });

  it('and the map of the tree has each folder of src/', () => {
    const mapped = [...tree.matchAll(/^(src\/[\w/]+|test)\//gm)].map(([, path = '']) => path);
    expect(mapped.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}`);
    // The command line itself and the terminal's basics explain themselves.
    expect(folders.filter((path) => !mapped.includes(path))).toEqual(['src/cli', 'src/term']);
  });

  it('scripts of package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const run = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(run.length).toBeGreaterThan(2);
    expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('programs of the tests', () => {
    const run = [...readme.matchAll(/npx tsx (\S+?\.ts)/g)].map(([, path = '']) => path);
    expect(run.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('causes', () => {
    const ids = rules.map(({ id }) => id);
    const families = /^(?:d|idle|ptrace|pidns|zombie|futex|signal|pipe|socket|fuse|cgroup)-[a-z-]+$/;
    const patterns = shell.flatMap((text) =>
      [...text.matchAll(/^ *([\w*| -]+)\) /gm)].flatMap(([, alternatives = '']) => alternatives.split(' | ')),
    );
    const causes = patterns.filter((pattern) => /[a-z]/.test(pattern));
    expect(causes.length).toBeGreaterThan(2);
    const unknown = [...causes, ...spans.filter((span) => families.test(span))].filter((pattern) => {
      const matches = new RegExp(`^${pattern.trim().replaceAll('*', '.*')}$`);
      return !ids.some((id) => matches.test(id));
    });
    expect(unknown).toEqual([]);
  });
});

it('has the exit codes', () => {
  const rows = [...readme.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  const { SIGHUP, SIGINT, SIGTERM } = constants.signals;
  expect(rows).toEqual([...Object.values(EXIT), 128 + SIGHUP, 128 + SIGINT, 128 + SIGTERM]);
});

it.each(
  readdirSync(join(root, 'fixtures/readme'))
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.slice(0, -'.txt'.length)),
)('shows %s as it was recorded', (name) => {
  const shown = recordingIn(readme, name);
  expect(shown).toBe(readFileSync(join(root, `fixtures/readme/${name}.txt`), 'utf8'));
  expect(shown).not.toMatch(/\u001b|\/(?:home|root)\//);
});

it('shows all pictures that were recorded', () => {
  const pictures = readdirSync(join(root, 'fixtures/readme')).filter((name) => name.endsWith('.svg'));
  expect(pictures.filter((name) => !readme.includes(`](fixtures/readme/${name})`))).toEqual([]);
});

describe('the runbook', () => {
  const runbook = shell.find((text) => text.startsWith('#!/bin/sh')) ?? '';
  const jq = spawnSync('jq', ['--version']).status === 0;
  const dir = mkdtempSync(join(tmpdir(), 'procdiag-test-'));
  beforeAll(() => symlinkSync(join(root, 'bin/procdiag.cjs'), join(dir, 'procdiag')));
  afterAll(() => rmSync(dir, { recursive: true }));

  const run = (pid: number) => {
    const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` };
    return spawnSync('sh', ['-c', runbook, 'runbook', String(pid)], {
      env,
      encoding: 'utf8',
      timeout: 20_000,
    });
  };

  test.skipIf(!jq)('tells what to do about a stopped process', () =>
    withLab(async (lab) => {
      const scene = scenes.find(({ name }) => name === 'sigstop');
      const [look] = (await scene?.setUp(lab)) ?? [];
      expect(run(look?.pid ?? 0).stdout).toBe(`kill -CONT ${look?.pid}\n`);
    }),
  );

  test.skipIf(!jq)('lets the healthy be', () =>
    withLab(async (lab) => {
      const { pid } = await lab.start('sleep', ['60']);
      expect(run(pid)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^nothing wrong: ./) });
    }),
  );

  test.skipIf(!jq)('says what could not be looked at', () => {
    expect(run(4_194_304)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/: no process/),
    });
  });
});
