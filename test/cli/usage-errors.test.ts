import { describe, expect, it } from 'vitest';
import { procdiag } from './procdiag.ts';

const CASES: [argv: string[], sentence: string][] = [
  [['inspekt'], 'unknown command "inspekt": did you mean procdiag inspect?'],
  [['4711'], 'unknown command "4711": did you mean procdiag inspect 4711?'],
  [['qqqqqq'], 'unknown command "qqqqqq"'],
  [['version'], 'unknown command "version": did you mean procdiag --version?'],
  [['-V'], 'unknown flag "-V": did you mean procdiag --version?'],
  [['\u001b[31m'], 'unknown command "\\u001b[31m"'],
  [['--versoin'], 'unknown flag "--versoin": did you mean procdiag --version?'],
  [['help', 'doctr'], 'unknown command "doctr": did you mean procdiag doctor?'],
  [['inspect'], 'which process? Give a PID'],
  [['inspect', '1', '--thraeds'], 'unknown flag --thraeds: did you mean --threads?'],
  [['inspect', '1', '--qqqqqqqqq'], 'unknown flag --qqqqqqqqq'],
  [['inspect', '-x', '1'], 'unknown flag -x'],
  [['inspect', 'init'], 'not a process id: "init" (a number from 1 to 4194304)'],
  [['inspect', '-1'], 'not a process id: "-1" (a number from 1 to 4194304)'],
  [['inspect', '0'], 'not a process id: "0" (a number from 1 to 4194304)'],
  [['inspect', '1', '1.5'], 'not a process id: "1.5" (a number from 1 to 4194304)'],
  [['inspect', '0x10'], 'not a process id: "0x10" (a number from 1 to 4194304)'],
  [['inspect', ''], 'not a process id: "" (a number from 1 to 4194304)'],
  [['inspect', '9999999'], 'not a process id: "9999999" (a number from 1 to 4194304)'],
  [
    ['inspect', '1', '--fail-on', 'fatal'],
    'expected --fail-on=fatal to be one of: critical, warning, info, never',
  ],
  [['inspect', '1', '--depth', '0'], 'not a value for --depth: "0" (a number from 1 to 256)'],
  [['inspect', '1', '--depth'], 'flag --depth expects a value'],
  [['inspect', '1', '--timeout', 'soon'], 'not a value for --timeout: "soon" (0.1 to 3600 seconds)'],
  [['inspect', '1', '--timeout', '1e3'], 'not a value for --timeout: "1e3" (0.1 to 3600 seconds)'],
  [['explain', 'd-vfork-wai'], 'no cause is called "d-vfork-wai": did you mean d-vfork-wait?'],
  [['explain', 'D-VFORK-WAIT'], 'no cause is called "D-VFORK-WAIT": did you mean d-vfork-wait?'],
  [['explain', 'd-vfork-wait', 'd-block-io'], 'unexpected argument: d-block-io'],
  [['lab', 'rum'], 'lab knows "list" and "run NAME", not "rum"'],
  [['lab', 'run'], 'which scene? Give a name'],
  [['lab', 'run', 'sigstopp'], 'no scene is called "sigstopp": did you mean sigstop?'],
  [['capture'], 'missing PID: process or thread id'],
  [
    ['capture', '1', '-o', 'hung.zip'],
    'not a name for a capture: "hung.zip" (FILE.tar.gz, FILE.tgz, or a directory)',
  ],
  [['capture', '1', '-o', ''], 'not a name for a capture: "" (FILE.tar.gz, FILE.tgz, or a directory)'],
  [['trace', 'make'], 'not a process id: "make" (a command goes behind --)'],
  [
    ['trace', '--strace', '--from-strace', 'x'],
    '--strace=true cannot also be provided when using --from-strace',
  ],
];

describe('usage errors', () => {
  it.each(CASES)('%j: %s', async (argv, sentence) => {
    const { code, stdout, stderr } = await procdiag(argv);
    const [first, hint, ...rest] = stderr.split('\n');
    expect(first).toBe(`procdiag: ${sentence}`);
    expect(hint).toMatch(/^See: procdiag (.*--help|explain|lab list)$/);
    expect(rest).toEqual(['']);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it.each(CASES)('with --json also an object on stdout: %j', async (argv, sentence) => {
    const { code, stdout, stderr } = await procdiag(
      ['--json', ...argv].length > 1 ? [...argv, '--json'] : argv,
    );
    if (argv.at(-1) === '--depth') return; // there --json is what the flag lacks a value before
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, error: { code: 'ERR_USAGE', message: sentence } });
    expect(stderr).toContain(`procdiag: ${sentence}`);
    expect(code).toBe(2);
  });

  it.each([
    [['stack', '/nowhere/at/all'], '"/nowhere/at/all": no such file or directory', 'ERR_CANNOT_LOOK'],
    [['stack', '/'], 'illegal operation on a directory', 'ERR_CANNOT_LOOK'],
    [
      ['inspect', '--from', '/nowhere/at/all'],
      '/nowhere/at/all is no capture of procdiag: no such file or directory',
      'ERR_BUNDLE',
    ],
    [
      ['inspect', '--from', 'package.json'],
      'package.json is no capture of procdiag: no whole .tar.gz (incorrect header check)',
      'ERR_BUNDLE',
    ],
    [['inspect', '--from', '/'], '/ is no capture of procdiag: it holds no manifest.json', 'ERR_BUNDLE'],
    [
      ['capture', '1', '-o', '/nowhere/at/all.tgz'],
      'cannot write "/nowhere/at/all.tgz": no such file or directory',
      'ERR_BUNDLE',
    ],
    [
      ['capture', '1', '-o', '/proc/nowhere'],
      'cannot write "/proc/nowhere": no such file or directory',
      'ERR_BUNDLE',
    ],
  ])(
    'is told in one sentence when a file cannot be read or written: %j',
    async (argv, message, errorCode) => {
      const { code, stdout, stderr } = await procdiag([...argv, '--json']);
      expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, error: { code: errorCode, message } });
      expect(stderr).toBe(`procdiag: ${message}\n`);
      expect(code).toBe(2);
    },
  );

  it('shows where it was thrown for PROCDIAG_DEBUG=1 alone', async () => {
    const { stderr } = await procdiag(['inspect', 'x'], { env: { PROCDIAG_DEBUG: '1' } });
    expect(stderr).toMatch(/^\s+at /m);
    expect((await procdiag(['inspect', 'x'])).stderr).not.toMatch(/^\s+at /m);
  });
});
