/**
 * What `procdiag trace` says to users of few rights, under Yama and a patched perf_event_paranoid: run.ts's machine plays it.
 * Each answer is a line of `rights.jsonl` in the share.
 */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const share = '/kernels';
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
// Where nobody may read it.
cpSync(join(share, 'project'), '/tmp/copy', { recursive: true });
spawnSync('chmod', ['-R', 'a+rX', '/tmp/copy']);

const loop = 'while :; do sleep 0.05; done';
const targets = {
  nobody: spawn(NOBODY[0]!, [...NOBODY.slice(1), 'sh', '-c', loop], { stdio: 'ignore', cwd: '/' }),
  root: spawn('sh', ['-c', loop], { stdio: 'ignore', cwd: '/' }),
};

for (const paranoid of [2, 3, 4]) {
  set('kernel/perf_event_paranoid', paranoid);
  trace({ paranoid }, 'nobody', ['--perf', String(targets.nobody.pid)]);
}
set('kernel/perf_event_paranoid', 2);
for (const scope of [0, 1, 2, 3]) {
  set('kernel/yama/ptrace_scope', scope);
  for (const user of ['nobody', 'root'] as const) {
    trace({ scope }, user, ['--strace', String(targets.nobody.pid)]);
    trace({ scope }, user, ['--strace', '--', 'sleep', '0.2']);
  }
  trace({ scope }, 'nobody', ['--strace', String(targets.root.pid)]);
  if (scope > 0) trace({ scope }, 'nobody', [String(targets.nobody.pid)]);
}
for (const { pid } of Object.values(targets)) process.kill(pid!, 'SIGKILL');
process.exit(0);

function set(name: string, value: number): void {
  try {
    writeFileSync(`/proc/sys/${name}`, String(value));
  } catch (error) {
    appendFileSync(join(share, 'rights.jsonl'), `${JSON.stringify({ name, value, error: String(error) })}\n`);
  }
}

function trace(under: object, user: 'nobody' | 'root', argv: readonly string[]): void {
  const [command = '', ...args] = [
    ...(user === 'nobody' ? NOBODY : []),
    ...[process.execPath, '/tmp/copy/bin/procdiag.cjs', 'trace', '--json', '--duration', '0.5', ...argv],
  ];
  const run = spawnSync(command, args, { encoding: 'utf8', timeout: 240_000, maxBuffer: 1 << 26, cwd: '/' });
  let told: unknown;
  try {
    const { totals, notes, error } = JSON.parse(run.stdout) as Record<string, unknown>;
    told = { totals, notes, error };
  } catch {
    told = run.stdout.slice(0, 500);
  }
  const line = { ...under, user, argv, status: run.status, told, stderr: run.stderr };
  appendFileSync(join(share, 'rights.jsonl'), `${JSON.stringify(line)}\n`);
}
