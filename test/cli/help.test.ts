import { describe, expect, it } from 'vitest';
import pjson from '../../package.json' with { type: 'json' };
import { registry } from '../../src/cli/registry.ts';
import { OUTPUT_KINDS } from '../../src/report/trace/outputs.ts';
import { procdiag } from './procdiag.ts';

const commands = Object.keys(registry);

describe('help', () => {
  it('tells its version in one line', async () => {
    const { code, stdout } = await procdiag(['--version']);
    expect(stdout).toBe(`procdiag ${pjson.version} linux-${process.arch} node-${process.version}\n`);
    expect(code).toBe(0);
  });

  it.each([[[]], [['--help']], [['-h']], [['help']]])('shows the program for %j', async (argv) => {
    const { code, stdout, stderr } = await procdiag(argv);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Says what a hung Linux process waits for/);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} +[A-Z]`, 'm'));
    expect(stdout).toMatch(/^ {2}\$ procdiag inspect 4711 /m);
    expect(stdout).toMatch(/^ {2}2 {2}usage error, or no answer$/m);
    expect(code).toBe(0);
  });

  it.each(commands)('shows %s with its flags, however it is asked', async (command) => {
    const asked = await Promise.all(
      [
        [command, '--help'],
        [command, '-h'],
        ['help', command],
        ['--help', command],
      ].map((argv) => procdiag(argv)),
    );
    for (const { code, stdout, stderr } of asked) {
      expect(stderr).toBe('');
      expect(stdout).toBe(asked[0]?.stdout);
      expect(code).toBe(0);
    }
    const text = asked[0]?.stdout ?? '';
    for (const part of ['USAGE', 'DESCRIPTION', 'EXAMPLES', 'FLAGS'])
      expect(text).toMatch(new RegExp(`^(OUTPUT )?${part}$`, 'm'));
    expect(text).toMatch(/^ {2,6}--json /m);
    expect(text).toMatch(/^ {2,6}--no-color /m);
  });

  it('of trace names every output file', async () => {
    const { stdout } = await procdiag(['trace', '--help']);
    for (const { extension } of OUTPUT_KINDS) expect(stdout).toContain(` ${extension}`);
  });

  it.each(['40', '60', '80'])('fits %s columns', async (columns) => {
    for (const argv of [['--help'], ...commands.map((command) => [command, '--help'])]) {
      const { stdout } = await procdiag(argv, { env: { COLUMNS: columns } });
      // What is there to be copied is not broken.
      const prose = stdout.split('\n').filter((line) => !/^ *\$ |\|/.test(line));
      for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(Number(columns));
    }
  });

  it('is help also beside wrong flags, but not behind --', async () => {
    expect((await procdiag(['inspect', '--nonsense', '--help'])).code).toBe(0);
    expect((await procdiag(['inspect', '--', '--help'])).code).toBe(2);
  });
});
