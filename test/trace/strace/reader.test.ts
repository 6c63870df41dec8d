import { describe, expect, it } from 'vitest';
import { outOfStep, startled } from '../../../src/trace/strace/out-of-step.ts';
import { LONGEST_LINE } from '../../../src/trace/strace/whole-lines.ts';
import { read, type Told } from './read.ts';

const STAMP = '1795643485.478023095 (+     0.000020089)';

function calls(text: string) {
  return read(text).calls;
}

function tally(text: string) {
  return read(text).reader.tally;
}

function messages(events: readonly Told[]): string[] {
  return events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
}

describe('a line with the flags of a recording', () => {
  it('becomes a call', () => {
    const { events } = read(
      `18063<sleep> ${STAMP} [ 257] openat(AT_FDCWD</tmp>, "a) = 3", O_RDONLY) = 3</tmp/a) = 3> <0.000007471>\n`,
      { originNs: 1_795_643_485_000_000_000n },
    );
    expect(events).toEqual([
      {
        type: 'begun',
        call: {
          tid: 18063,
          comm: 'sleep',
          stampNs: 478_023_095,
          deltaNs: 20_089,
          nr: 257,
          name: 'openat',
          args: 'AT_FDCWD</tmp>, "a) = 3", O_RDONLY',
          result: 3,
          resultText: '</tmp/a) = 3>',
          durationNs: 7471,
          state: 'done',
          line: 1,
        },
      },
      { type: 'ended', stampNs: 478_023_095, of: 'openat', args: 'AT_FDCWD</tmp>, "a) = 3", O_RDONLY' },
    ]);
  });

  it('becomes a signal or an exit', () => {
    const { events } = read(
      `7<sh> ${STAMP} [  61] --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=9<zoo>, si_uid=0, si_status=SIGKILL, si_utime=0, si_stime=0} ---\n` +
        `7<sh> ${STAMP} [  61] +++ killed by SIGSEGV (core dumped) +++\n`,
      { originNs: 1_795_643_485_478_023_000n },
    );
    expect(events).toEqual([
      {
        type: 'signal',
        tid: 7,
        stampNs: 95,
        signal: 'SIGCHLD',
        code: 'CLD_KILLED',
        senderPid: 9,
        status: 9,
        stopped: false,
      },
      { type: 'exit', tid: 7, stampNs: 95, signal: 'SIGSEGV', core: true },
    ]);
  });
});

describe('prefixes', () => {
  it.each([
    ['close(3) = 0', 0],
    ['[pid    65] close(3) = 0', 65],
    ['[pid 65<a b>] close(3) = 0', 65],
    ['65    close(3) = 0', 65],
    ['2766651 close(3) = 0', 2766651],
    ['65<c\\74d> 10:56:07.49 close(3) = 0', 65],
    ['1795643485 close(3) = 0', 0],
    ['65 1795643485 close(3) = 0', 65],
    ['65 1795643485.123 (+     0.001) [???] close(3) = 0', 65],
    ['     0.000074 close(3) = 0', 0],
    ['[pid 65] 0.000074 [00007f44f17a2bd3] close(3) = 0', 65],
    ['65 [   3] [????????] close(3) = 0', 65],
    ['>>> [pid 65] close(3) = 0', 65],
    ['    | 65 close(3) = 0\r', 65],
    ['^C[pid 65] close(3) = 0', 65],
    ['some output[pid 65] close(3) = 0', 65],
    ['Nov 21 03:15:48 host strace[99]: close(3) = 0', 0],
  ])('%s', (line, tid) => {
    expect(calls(`${line}\n`)).toMatchObject([{ tid, name: 'close', args: '3', result: 0 }]);
  });

  it('tell which clock they show', () => {
    expect(read('1795643485.1 close(3) = 0\n').reader).toMatchObject({
      stampKind: 'unix',
      originNs: 1_795_643_485_000_000_000n,
    });
    expect(read('10:56:07 close(3) = 0\n').reader).toMatchObject({
      stampKind: 'time-of-day',
      originNs: undefined,
    });
    expect(read('0.1 close(3) = 0\n').reader.stampKind).toBe('relative');
    expect(read('close(3) = 0\n').reader.stampKind).toBe('none');
  });

  it('count on behind midnight, also when a line is late', () => {
    const hour = 3_600_000_000_000;
    const stamps = calls('23:59:59 a() = 0\n00:00:00 a() = 0\n23:59:59.5 a() = 0\n00:00:01.25 a() = 0\n').map(
      ({ stampNs }) => stampNs,
    );
    expect(stamps).toEqual([24 * hour - 1e9, 24 * hour, 24 * hour - 0.5e9, 24 * hour + 1.25e9]);
  });

  it('give a monotonic clock beside the stamps, also over lines that are refused', () => {
    const { reader } = read(
      '1795643485.0 (+     0.000000) a() = 0\n1795643400.0 (+     0.5) a() = 0\n1795643400.0 (+     0.25) ?\n' +
        '1795643400.0 (+     0.000000001) a() = 0\n',
    );
    expect(reader.tally).toMatchObject({ calls: 3, refused: 1 });
    expect(reader.elapsedNs).toBe(750_000_001);
  });

  it('stand before text that is no record: refused, with an example', () => {
    expect(tally('65 1795643485.5 hello\n')).toMatchObject({
      refused: 1,
      foreign: 0,
      refusedExamples: ['65 1795643485.5 hello'],
    });
  });
});

describe('results', () => {
  it.each([
    ['0x7f5b1c', { result: 0x7f5b1c }],
    ['022', { result: 18 }],
    [
      '-1 ENOENT (No such file or directory)',
      { result: -1, errno: 'ENOENT', resultText: 'No such file or directory' },
    ],
    [
      '? ERESTARTSYS (To be restarted if SA_RESTART is set) <0.5>',
      { errno: 'ERESTARTSYS', state: 'done', durationNs: 5e8 },
    ],
    ['?', { result: Number.NaN, state: 'no-return' }],
    ['? (mask now [])', { state: 'done', resultText: 'mask now []' }],
    ['? <unavailable>', { state: 'no-return' }],
    ['? <unfinished ... exit status 0>', { state: 'no-return' }],
    ['0x8001 (flags O_WRONLY|O_LARGEFILE)', { result: 0x8001, resultText: 'flags O_WRONLY|O_LARGEFILE' }],
    ['1 ([{fd=3, revents=POLLIN}])', { result: 1, resultText: '[{fd=3, revents=POLLIN}]' }],
    ['0 (Timeout) <0.020124>', { result: 0, resultText: 'Timeout', durationNs: 20_124_000 }],
    ['1 (in [3], left {tv_sec=0, tv_usec=4}) <0.1>', { resultText: 'in [3], left {tv_sec=0, tv_usec=4}' }],
    ['3<TCP:[1.2.3.4:5->6.7.8.9:10]>', { result: 3, resultText: '<TCP:[1.2.3.4:5->6.7.8.9:10]>' }],
    ['5</memfd:m>(deleted) <0.1>', { resultText: '</memfd:m>(deleted)', durationNs: 1e8 }],
    ['5</dev/null<char 1:3>>', { resultText: '</dev/null<char 1:3>>' }],
    [
      "82<true> /* 18097 in strace's PID NS */ <0.1>",
      { result: 82, resultText: "<true> /* 18097 in strace's PID NS */", durationNs: 1e8 },
    ],
    ['-1 EIO (Input/output error) (INJECTED) <0.000008>', { errno: 'EIO', durationNs: 8000 }],
    ['0 (DELAYED)', { resultText: 'DELAYED' }],
    ['18446744073709551615', { result: 2 ** 64 }],
  ])('= %s', (text, expected) => {
    expect(calls(`x(1)                  = ${text}\n`)).toMatchObject([
      { name: 'x', args: '1', state: 'done', ...expected },
    ]);
  });

  it.each(['nil', '"text"', '<void>', '1.5', '3hello'])('= %s is none of strace: refused', (text) => {
    expect(tally(`strlen("a") = ${text}\n`)).toMatchObject({ calls: 0, refused: 1 });
  });
});

describe('halves', () => {
  it('are put together', () => {
    const { events, calls: paired } = read(
      '1 10:00:00 read(3,  <unfinished ...>\n' +
        '2 10:00:01 poll([{fd=10, events=POLLIN}], 1, 1000 <unfinished ...>\n' +
        '1 10:00:02 <... read resumed>"a <unfinished ...>", 9) = 1 <2.000000>\n' +
        '2 10:00:03 <... poll resumed> )              = 0 (Timeout) <2.000000>\n',
    );
    expect(paired).toMatchObject([
      { tid: 1, args: '3, "a <unfinished ...>", 9', result: 1, durationNs: 2e9, state: 'done', line: 1 },
      { tid: 2, args: '[{fd=10, events=POLLIN}], 1, 1000', resultText: 'Timeout', line: 2 },
    ]);
    expect(events.map(({ type }) => type)).toEqual(['begun', 'begun', 'ended', 'ended']);
    expect(events[2]).toMatchObject({ stampNs: 36_002e9 });
  });

  it('that never meet are counted, and told', () => {
    const { events, reader } = read(
      '1 <... read resumed>"x", 1) = 1\n1 read(3,  <unfinished ...>\n1 read(4,  <unfinished ...>\n1 <... write resumed>) = 1\n',
    );
    expect(reader.tally).toMatchObject({ resumedAlone: 2, unfinishedLeft: 2, calls: 2 });
    expect(events).toMatchObject([
      { type: 'alone', call: { name: 'read', args: '"x", 1', result: 1 } },
      { type: 'begun' },
      { type: 'begun' },
      { type: 'alone', call: { name: 'write' } },
    ]);
  });

  it('belong to the first thread, which has no number as long as it is alone', () => {
    const { calls: paired, events } = read(
      'wait4(-1,  <unfinished ...>\n[pid 12] exit_group(1) = ?\n[pid 12] +++ exited with 1 +++\n' +
        '[pid 11] <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 12\ngetpid() = 11\n',
    );
    expect(paired).toMatchObject([
      { name: 'wait4', result: 12 },
      { name: 'exit_group' },
      { name: 'getpid', tid: 11 },
    ]);
    expect(events).toHaveLength(7);
  });

  it('end with the thread', () => {
    const { calls: paired } = read(
      '1 pause( <unfinished ...>\n1 +++ killed by SIGKILL +++\n2 pause( <detached ...>\n3 read(0, ',
    );
    expect(paired).toMatchObject([
      { state: 'no-return' },
      { state: 'detached', args: '' },
      { state: 'open', args: '0,' },
    ]);
  });

  it('end without parentheses where strace 4.x tells of a call that does not return', () => {
    const { calls: paired, reader } = read(
      '1 exit_group(0 <unfinished ...>\n2 exit_group(3 <unfinished ...>\n1 <... exit_group resumed> = ?\n2 <... exit_group resumed> = ?\n',
    );
    expect(paired).toMatchObject([{ state: 'no-return' }, { state: 'no-return', args: '3' }]);
    expect(reader.tally).toMatchObject({ resumed: 2, foreign: 0, refused: 0, unfinishedLeft: 0 });
  });

  it('go over to the leader when a thread execs', () => {
    const { calls: paired, events } = read(
      '18690 futex(0x1, FUTEX_WAIT, 1, NULL <unfinished ...>\n18691 execve("/bin/a", ["a"], 0x7ffe /* 3 vars */ <pid changed to 18690 ...>\n' +
        '18690 +++ superseded by execve in pid 18691 +++\n18690 <... execve resumed>) = 0\n18690 brk(NULL) = 0x1\n',
    );
    expect(paired).toMatchObject([
      { tid: 18690, name: 'futex', state: 'superseded' },
      { tid: 18691, name: 'execve', state: 'done', result: 0, args: '"/bin/a", ["a"], 0x7ffe /* 3 vars */' },
      { tid: 18690, name: 'brk' },
    ]);
    expect(events).toContainEqual({ type: 'exit', tid: 18690, stampNs: Number.NaN, supersededBy: 18691 });
  });

  it('of which one goes on where strace attached', () => {
    expect(calls('restart_syscall(<... resuming interrupted poll ...>) = 1\n')).toMatchObject([
      { name: 'restart_syscall', resuming: 'poll', result: 1 },
    ]);
    expect(
      calls(
        '1 restart_syscall(<... resuming interrupted read ...> <unfinished ...>\n1 <... restart_syscall resumed>) = 0\n',
      ),
    ).toMatchObject([{ resuming: 'read', result: 0, state: 'done' }]);
  });
});

describe('what is broken over several lines', () => {
  it.each([
    [
      'mmap(NULL, 12288, PROT_READ, MAP_PRIVATE, -1,\n0) = 0x7fb83e817000',
      { args: 'NULL, 12288, PROT_READ, MAP_PRIVATE, -1, 0', result: 0x7fb83e817000 },
    ],
    [
      'stat("/x", 0x7ffd) = -1 ENOENT (No \nsuch file or directory)',
      { errno: 'ENOENT', resultText: 'No such file or directory' },
    ],
    ['openat(AT_FDCWD, "/x", O_RDONLY) =\n-1 ENOENT (No such file or directory)', { errno: 'ENOENT' }],
    ['openat(AT_FDCWD, "/x", O_RDONLY) = -1\nENOENT (No such file or directory)', { errno: 'ENOENT' }],
    ['openat(AT_FDCWD, "/x", O_RDONLY)\n= 3', { result: 3 }],
    ['> read(3, "a b\n> c", 4) = 4', { args: '3, "a b c", 4', result: 4 }],
    ['fstat(3, {st_rdev=\nmakedev(136, 4), ...}) = 0', { args: '3, {st_rdev= makedev(136, 4), ...}' }],
    ['write(1, "hi\\n", 3hi\n) = 3', { args: '1, "hi\\n", 3', result: 3 }],
    ['write(1, ":-( \\n", 5:-(\n) = 5', { args: '1, ":-( \\n", 5', result: 5 }],
    ['write(2, "no", 2no (nothing)) = 2', { args: '2, "no", 2', result: 2 }],
    [
      'clone(child_stack=0, flags=strace: Process 9 attached\nSIGCHLD) = 9',
      { args: 'child_stack=0, flags=SIGCHLD', result: 9 },
    ],
  ])('%s', (text, expected) => {
    const { calls: found, reader } = read(`close(1) = 0\n${text}\nclose(2) = 0\n`);
    expect(found).toMatchObject([{ args: '1' }, expected, { args: '2' }]);
    expect(reader.tally).toMatchObject({ refused: 0, foreign: 0, calls: 3 });
  });

  it('stays what it is when the rest does not come', () => {
    const { calls: found } = read(
      '[pid 8] pread64(11,\n\n[...]\n[pid 8] <... pread64 resumed>"", 1, 0) = 0\nopenat(1) = -1\nclose(2) = 0\n',
    );
    expect(found).toMatchObject([
      { name: 'pread64', args: '11,"", 1, 0', state: 'done' },
      { name: 'openat', result: -1, state: 'done' },
      { name: 'close' },
    ]);
  });

  it('may be a signal', () => {
    expect(
      read('[pid 8] --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER,\nsi_pid=2557, si_uid=1000} ---\n').events,
    ).toMatchObject([{ type: 'signal', tid: 8, senderPid: 2557 }]);
  });
});

describe('what is no record', () => {
  it('is a message of strace', () => {
    const { events, reader } = read(
      'strace: Process 12 attached with 3 threads\nProcess 3222 attached (waiting for parent)\n[ Process PID=9 runs in 32 bit mode. ]\n' +
        `9 ${STAMP} [   0] [ Process PID=9 runs in 32 bit mode. ]\nstrace: Process 12 detached\n`,
    );
    expect(messages(events)).toHaveLength(5);
    expect(reader.tally).toMatchObject({ messages: 5, refused: 0, foreign: 0 });
    expect(events[3]).toMatchObject({ tid: 9 });
  });

  it('is a stack or a summary', () => {
    expect(tally('1 a(1) = 0\n > /usr/lib/libc.so.6(__write+0x17) [0xf9b37]\n > [0x7f]\n')).toMatchObject({
      stackLines: 2,
      calls: 1,
    });
    expect(
      tally(
        '% time     seconds  usecs/call     calls    errors syscall\n------ ----------- ----------- --------- --------- ----------------\n' +
          ' 61.90    1.890948          14    132630           read\n------ ----------- ----------- --------- --------- ----------------\n100.00    3.054732                132630       574 total\n\n100.00 1 total\n',
      ),
    ).toMatchObject({ summaryRows: 5, foreign: 2 });
  });

  it('is foreign: prompts, output, prose', () => {
    expect(
      tally(
        '[root@centos6 module]# strace staprun -L\n$ cat log | grep "socket("\nHello (world)\n...\n\n12 monkeys\n',
      ),
    ).toMatchObject({
      foreign: 6,
      calls: 0,
      refused: 0,
    });
  });

  it('is the end of a record whose beginning is cut off: refused', () => {
    expect(tally('[{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 7346\n')).toMatchObject({
      refused: 1,
      calls: 0,
    });
  });
});

describe('a text that is no strace log', () => {
  it('is refused with the reason', () => {
    expect(read('hello\nworld\n').reader.refusal()).toBe('no strace records in 2 lines');
    const library =
      'strlen("a") = 1\nstrdup("a") = 0x1\nfree(0x1) = <void>\nmalloc(4) = 0x2\nclosedir({4}) = 0\nclose(3) = 0\n';
    expect(read(library).reader.refusal()).toMatch(
      /4 of 5 calls are no system calls \(strlen, strdup, malloc\).*ltrace/,
    );
  });

  it('is not refused for calls that are new', () => {
    expect(
      read(`${'close(3) = 0\n'.repeat(40)}${'brand_new(1) = 0\n'.repeat(4)}`).reader.refusal(),
    ).toBeUndefined();
    expect(
      read('syscall_0x258(0x1) = -1 ENOSYS (Function not implemented)\n').reader.refusal(),
    ).toBeUndefined();
  });
});

describe('size', () => {
  it('of a line is bounded: its middle is left out, whether it comes in one piece or in many', () => {
    const long = `1 write(1, "${'x'.repeat(3 * LONGEST_LINE)}", 3145728) = 3145728\n1 close(1) = 0\n`;
    const bytes = Buffer.from(long, 'latin1');
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 100_000) chunks.push(bytes.subarray(at, at + 100_000));
    for (const given of [[bytes], chunks]) {
      const { calls: found, reader } = read(given);
      expect(found).toMatchObject([{ name: 'write', result: 3145728 }, { name: 'close' }]);
      expect(found[0]!.args.length).toBeLessThan(LONGEST_LINE);
      expect(found[0]!.args).toMatch(/^1, "x+", 3145728$/);
      expect(reader.tally).toMatchObject({ cut: 1, lines: 2 });
    }
  });

  it('of what is kept does not grow with the log', () => {
    // Threads that are gone are forgotten: the halves of the next thread with that number are its own.
    const { reader } = read(
      '1 read(0,  <unfinished ...>\n1 +++ exited with 0 +++\n1 <... read resumed>"", 1) = 0\n',
    );
    expect(reader.tally).toMatchObject({ resumedAlone: 1 });
  });
});

describe('a thread that strace is out of step with', () => {
  const line = (tid: number, body: string) => `${tid}<p> ${STAMP} ${body}\n`;
  const entering = (tid: number) => `strace: pid ${tid}: entering, ptrace_syscall_info.op == 2`;
  const exiting = (tid: number) => `strace: pid ${tid}: exiting, ptrace_syscall_info.op == 1`;
  // From a recording: the end of a futex call that is told as a read.
  const wrong =
    line(5, '[   0] read(0</dev/null>,  <unfinished ...>') +
    line(5, '[   0] <... read resumed>0x7fb000, 60) = 14 <0.000348136>');
  const right = line(6, '[  39] getpid() = 6 <0.000001000>');

  it('is left out as soon as it says so', () => {
    const { calls, reader } = read(`${right}${entering(5)}\n${exiting(5)}\n${wrong}${right}${wrong}`);
    expect(calls.map(({ tid }) => tid)).toEqual([6, 6]);
    expect(reader.tally).toMatchObject({
      outOfStep: 4,
      messages: 2,
      refused: 0,
      foreign: 0,
      resumedAlone: 0,
    });
    expect(reader.refusal()).toBeUndefined();
  });

  it('is left out where it is named, until it ends: the next one by its number is another', () => {
    const text = `${wrong}${right}${line(5, '+++ exited with 0 +++')}${line(5, '[  39] getpid() = 5 <0.000001000>')}`;
    expect(read(text, { outOfStep: new Set([5]) }).calls.map(({ tid, name }) => `${tid} ${name}`)).toEqual([
      '6 getpid',
      '5 getpid',
    ]);
  });

  it('is told as ever where it was startled once', () => {
    const { calls, reader } = read(`${entering(6)}\n${right}`);
    expect(calls).toHaveLength(1);
    expect(reader.tally).toMatchObject({ outOfStep: 0, messages: 1, refused: 0 });
  });

  it('says so also in the midst of a call of another thread', () => {
    const { calls } = read(`${STAMP} clone(child_stack=0, flags=${exiting(5)}\nSIGCHLD) = 9\n${wrong}`);
    expect(calls.map(({ args }) => args)).toEqual(['child_stack=0, flags=SIGCHLD']);
  });

  it('is known by what strace said, wherever its program lies', () => {
    const said = `/usr/bin/strace: Process 5 attached\n/usr/bin/strace: pid 5: entering, ptrace_syscall_info.op == 2\n${entering(7)}\n${exiting(7)}\n`;
    expect(startled(said)).toEqual(new Set([5, 7]));
    expect(outOfStep(said)).toEqual(new Set([7]));
  });
});
