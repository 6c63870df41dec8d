import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesIn } from '../../../src/trace/perf/byte-source.ts';
import { Kallsyms } from '../../../src/trace/perf/kallsyms.ts';
import { openPerf } from '../../../src/trace/perf/open.ts';
import { openFileBytes } from '../../../src/trace/record/files/file-bytes.ts';
import { describeUnless, whyNoRecording } from '../../support/recorders.ts';
import { aliasesIn, likeTheirs, sameFunctions, stamped } from './comparing.ts';
import { asScripted, countKinds, type Row, rowsOf } from './recorded.ts';

const why = await whyNoRecording({ strace: false, perf: true });

const COMMON = ['record', '-q', '-k', 'CLOCK_MONOTONIC', '-m', '4M', '-B', '-N', '--kernel-callchains'];
const CALLS = ['raw_syscalls:sys_enter', 'raw_syscalls:sys_exit'];
const LIFE = ['fork', 'exec', 'exit', 'wait'].map((what) => `sched:sched_process_${what}`);
const TREE = [...CALLS, ...LIFE, 'sched:sched_switch/call-graph=fp,max-stack=32/'].join(',');
const HOST = 'sched:sched_waking/call-graph=fp,max-stack=12/,sched:sched_wakeup_new,sched:sched_switch';

/** Children, pipes, sleeps, failures, and a name that wants to be a record. */
const PROGRAM = `
printf '7 [000] 1.0: a' > /proc/$$/comm
for turn in 1 2 3 4 5; do
  /bin/true
  /bin/cat /nonexistent 2> /dev/null | /bin/cat > /dev/null
  /bin/sleep 0.01
done
(/bin/sleep 0.02; exit 3) &
wait $!
exit 0
`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-perf-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function perf(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('perf', args, {
    cwd: directory,
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    timeout: 100_000,
  });
  if (status !== 0) throw new Error(`perf ${args[0]}: ${status} ${stderr}`);
  return stdout;
}

function read(name: string): { rows: Row[]; complaints: readonly string[]; events: readonly string[] } {
  const bytes = openFileBytes(join(directory, name));
  try {
    const table = new Kallsyms(readFileSync('/proc/kallsyms'));
    const source = openPerf(bytes, { originNs: 0n, symbolise: (address) => table.nameOf(address) });
    if ('refused' in source) throw new Error(source.refused);
    return { rows: asScripted(rowsOf(source)), complaints: source.complaints, events: source.header.events };
  } finally {
    bytes.close();
  }
}

function readScript(name: string): { rows: Row[]; complaints: readonly string[] } {
  const show = ['switch', 'task', 'lost'].map((what) => `--show-${what}-events`);
  const text = perf('script', '-i', name, '--ns', '-F', 'pid,tid,cpu,time,event,trace,ip,sym', ...show);
  const source = openPerf(bytesIn(Buffer.from(text, 'latin1')), { originNs: 0n });
  if ('refused' in source) throw new Error(source.refused);
  return { rows: rowsOf(source), complaints: source.complaints };
}

describeUnless(why, 'a program recorded by perf', () => {
  beforeAll(() => {
    writeFileSync(join(directory, 'program.sh'), PROGRAM);
    const tree = ['--sample-cpu', '--switch-events', '-o', 'tree.data', '-e', TREE, '--', 'sh', 'program.sh'];
    perf(...COMMON, '-a', '-o', 'host.data', '-e', HOST, '--', 'perf', ...COMMON, ...tree);
  });

  it.each(['tree.data', 'host.data'])('is read from %s as perf script reads it', (name) => {
    const file = read(name);
    const script = readScript(name);
    expect(file.complaints).toEqual([]);
    expect(script.complaints).toEqual([]);
    expect(countKinds(file.rows)).toEqual(countKinds(script.rows));
    const mine = stamped(file.rows);
    const theirs = stamped(script.rows);
    const [one, other] = likeTheirs(mine, theirs);
    expect(one).toEqual(other);
    expect(sameFunctions(mine, theirs, aliasesIn(readFileSync('/proc/kallsyms', 'latin1')))).toBeGreaterThan(
      0.98,
    );
    expect(mine.every(({ at }, index) => index === 0 || mine[index - 1]!.at <= at)).toBe(true);
  });

  it('shows its calls, children and sleeps', () => {
    const { rows } = read('tree.data');
    const counts = countKinds(rows);
    expect(counts.enter).toBeGreaterThan(500);
    // Five turns of true, two cats and sleep; the last sleep and its shell.
    expect(counts.fork).toBeGreaterThanOrEqual(20);
    expect(counts.schedExec).toBe(22);
    expect(rows.some(({ kind, text }) => kind === 'switch' && text === '7 [000] 1.0: a')).toBe(true);
    expect(rows.some(({ kind, stack }) => kind === 'switch' && stack?.includes('do_nanosleep'))).toBe(true);
  });

  it('is read to the end when perf was killed', () => {
    const whole = read('tree.data');
    const bytes = readFileSync(join(directory, 'tree.data'));
    const end = Number(bytes.readBigUInt64LE(40) + bytes.readBigUInt64LE(48));
    const killed = Buffer.from(bytes.subarray(0, end));
    killed.writeBigUInt64LE(0n, 48);
    writeFileSync(join(directory, 'killed.data'), killed);
    const formats = whole.events.map((event) => {
      const [system, name] = event.split(':') as [string, string];
      const path = `/sys/kernel/tracing/events/${system}/${name}/format`;
      return { system, text: readFileSync(path, 'latin1') };
    });
    const source = openPerf(bytesIn(killed), { originNs: 0n, formats });
    if ('refused' in source) throw new Error(source.refused);
    expect(countKinds(asScripted(rowsOf(source)))).toEqual(countKinds(whole.rows));
    expect(source.complaints).toHaveLength(1);
  });
});
