import { describe, expect, it } from 'vitest';
import { judgeHost } from '../../src/diagnosis/doctor.ts';
import type { HostChecks } from '../../src/evidence/host-checks.ts';
import type { Outcome } from '../../src/evidence/outcome.ts';

const MOUNTS = [
  '22 1 0:21 / /proc rw,relatime - proc proc rw',
  '23 1 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
  '24 1 0:23 / /sys/fs/fuse/connections rw - fusectl fusectl rw',
].join('\n');

const GOOD: Record<string, string> = {
  '/proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n',
  '/proc/self/uid_map': '         0          0 4294967295\n',
  '/proc/self/mountinfo': MOUNTS,
  '/proc/self/stack': '[<0>] proc_pid_stack+0x10/0x20\n',
  '/proc/self/syscall': '0 0x3\n',
  '/proc/sys/kernel/yama/ptrace_scope': '1\n',
  '/proc/sys/kernel/perf_event_paranoid': '2\n',
  '/proc/sys/kernel/kptr_restrict': '0\n',
  '/proc/sys/kernel/dmesg_restrict': '1\n',
  '/proc/sys/kernel/hung_task_timeout_secs': '120\n',
  '/proc/sys/kernel/hung_task_warnings': '10\n',
  '/proc/sys/kernel/task_delayacct': '1\n',
  '/proc/pressure/io': 'some avg10=0.00\n',
};

/** A host where nothing is missing, with changes: `null` = not there, `EACCES` = refused. */
function host(changes: Record<string, string | null> = {}, rest: Partial<HostChecks> = {}): HostChecks {
  const files = new Map<string, Outcome>();
  for (const [path, text] of Object.entries({ ...GOOD, ...changes })) {
    const errno = text === null ? 'ENOENT' : /^E[A-Z]+$/.test(text) ? text : undefined;
    files.set(path, errno === undefined ? { kind: 'text', text: text ?? '' } : { kind: 'error', errno });
  }
  const programs = ['grep', 'perl', 'dd', 'ss', 'nsenter', 'setpriv', 'strace', 'perf'];
  return {
    uid: 0,
    pid: 4711,
    procSelf: '4711',
    pidNamespace: 'pid:[4026531836]',
    kernel: '6.12.1-amd64',
    files,
    present: new Set(['/sys/kernel/tracing/events']),
    programs: new Map(programs.map((name) => [name, `${name} 6.12`])),
    containerVariable: undefined,
    ...rest,
  };
}

const NO_CAPABILITIES = { '/proc/self/status': 'CapEff:\t0000000000000000\n' };

const CASES: [what: string, given: HostChecks, id: string, state: string, words: RegExp][] = [
  ['no root', host(NO_CAPABILITIES, { uid: 1000 }), 'other-users-processes', 'missing', /sudo procdiag/],
  [
    'root without capabilities',
    host(NO_CAPABILITIES),
    'other-users-processes',
    'missing',
    /--cap-add SYS_PTRACE/,
  ],
  [
    'a user namespace',
    host({ '/proc/self/uid_map': '0 100000 65536\n' }),
    'other-users-processes',
    'limited',
    /user namespace/,
  ],
  ['stack refused', host({ '/proc/self/stack': 'EACCES' }), 'kernel-stacks', 'missing', /CAP_SYS_ADMIN/],
  [
    'no CONFIG_STACKTRACE',
    host({ '/proc/self/stack': null }),
    'kernel-stacks',
    'missing',
    /CONFIG_STACKTRACE/,
  ],
  ['no syscall file', host({ '/proc/self/syscall': null }), 'system-calls', 'missing', /ENOENT/],
  ['Yama 3', host({ '/proc/sys/kernel/yama/ptrace_scope': '3\n' }), 'ptrace-scope', 'missing', /next boot/],
  [
    'Yama 1 for users',
    host({ ...NO_CAPABILITIES }, { uid: 1000 }),
    'ptrace-scope',
    'limited',
    /ptrace_scope=0/,
  ],
  [
    'a perl that says much',
    host(
      {},
      { programs: new Map([['perl', 'This is perl 5, version 36, subversion 0 (v5.36.0) built for x']]) },
    ),
    'perl',
    'ok',
    /^perl 5\.36\.0 undefined/,
  ],
  ['Yama 1 for root', host(), 'ptrace-scope', 'ok', /= 1/],
  ['a foreign /proc', host({}, { procSelf: '12' }), 'proc-namespace', 'limited', /12 there, and 4711 here/],
  ['no /proc', host({}, { procSelf: undefined }), 'proc-namespace', 'missing', /mount -t proc/],
  [
    'hidepid for users',
    host(
      { ...NO_CAPABILITIES, '/proc/self/mountinfo': '22 1 0:21 / /proc rw - proc proc rw,hidepid=invisible' },
      { uid: 7 },
    ),
    'hidepid',
    'missing',
    /hidepid=invisible/,
  ],
  [
    'hidepid for root',
    host({ '/proc/self/mountinfo': '22 1 0:21 / /proc rw - proc proc rw,hidepid=2' }),
    'hidepid',
    'ok',
    /hidepid=2/,
  ],
  [
    'hidepid=0',
    host({ '/proc/self/mountinfo': '22 1 0:21 / /proc rw - proc proc rw,hidepid=off' }),
    'hidepid',
    'ok',
    /no process/,
  ],
  [
    'a nested PID namespace',
    host({}, { pidNamespace: 'pid:[4026532200]' }),
    'pid-namespace',
    'limited',
    /--pid=host/,
  ],
  ['docker', host({}, { present: new Set(['/.dockerenv']) }), 'container', 'limited', /dockerenv/],
  ['podman', host({}, { containerVariable: 'podman' }), 'container', 'limited', /variable container/],
  [
    'warnings used up',
    host({ '/proc/sys/kernel/hung_task_warnings': '0\n' }),
    'hung-task',
    'limited',
    /hung_task_warnings=-1/,
  ],
  [
    'detector off',
    host({ '/proc/sys/kernel/hung_task_timeout_secs': '0\n' }),
    'hung-task',
    'limited',
    /=120/,
  ],
  [
    'no detector',
    host({ '/proc/sys/kernel/hung_task_timeout_secs': null }),
    'hung-task',
    'limited',
    /no hung-task/,
  ],
  [
    'no limit of warnings',
    host({ '/proc/sys/kernel/hung_task_warnings': '-1\n' }),
    'hung-task',
    'ok',
    /without limit/,
  ],
  ['dmesg for users', host(NO_CAPABILITIES), 'kernel-log', 'limited', /sudo dmesg/],
  ['no PSI', host({ '/proc/pressure/io': 'EOPNOTSUPP' }), 'pressure', 'limited', /psi=1/],
  [
    'no delay accounting',
    host({ '/proc/sys/kernel/task_delayacct': '0\n' }),
    'delay-accounting',
    'limited',
    /task_delayacct=1/,
  ],
  ['no fusectl', host({ '/proc/self/mountinfo': '' }), 'fuse-control', 'limited', /mount -t fusectl/],
  ['no cgroups', host({ '/proc/self/mountinfo': '' }), 'cgroups', 'limited', /cgroup2/],
  ['paranoid for users', host(NO_CAPABILITIES), 'perf-events', 'limited', /perf_event_paranoid=1/],
  [
    'kptr_restrict 2',
    host({ '/proc/sys/kernel/kptr_restrict': '2\n' }),
    'kernel-addresses',
    'limited',
    /kptr_restrict=0/,
  ],
  ['no tracefs', host({}, { present: new Set() }), 'tracefs', 'limited', /mount -t tracefs/],
  ['no grep', host({}, { programs: new Map() }), 'grep', 'limited', /install grep/],
  ['no strace', host({}, { programs: new Map() }), 'strace', 'limited', /install strace/],
  [
    'an old strace',
    host({}, { programs: new Map([['strace', 'strace -- version 4.26']]) }),
    'strace',
    'limited',
    /much older/,
  ],
];

describe('doctor', () => {
  it('finds nothing where nothing is', () => {
    const report = judgeHost(host());
    expect(report.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(report.essentialMissing).toBe(false);
  });

  it.each(CASES)('%s', (_what, given, id, state, words) => {
    const report = judgeHost(given);
    const check = report.checks.find((each) => each.id === id);
    expect(check?.state).toBe(state);
    expect(`${check?.found} ${check?.cost} ${check?.fix}`).toMatch(words);
    if (state !== 'ok') expect(check?.cost).toBeTruthy();
    if (state === 'missing') expect(report.essentialMissing).toBe(true);
  });

  it('judges what could not be read at all', () => {
    const report = judgeHost({ ...host(), files: new Map(), programs: new Map(), present: new Set() });
    expect(report.essentialMissing).toBe(true);
    expect(new Set(report.checks.map(({ id }) => id)).size).toBe(report.checks.length);
  });
});
