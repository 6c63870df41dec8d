import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { LabProcess } from './scene.ts';

const LINE_MS = 30_000;

interface StartOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdio?: 'ignore' | 'lines';
  newSession?: boolean;
}

/** Starts a process; `register` gets its PID at once, before anything else can go wrong. */
export async function startProcess(
  command: string,
  args: string[],
  options: StartOptions,
  register: (pid: number) => void,
): Promise<LabProcess> {
  const lines = options.stdio === 'lines';
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: options.newSession !== false,
    stdio: lines ? ['ignore', 'pipe', 'pipe'] : 'ignore',
  });
  if (child.pid !== undefined) register(child.pid);
  await once(child, 'spawn');
  // A process that cannot die must not keep this one alive.
  child.unref();
  const heard: string[] = [];
  const waiting: ((line: string | undefined) => void)[] = [];
  let stderr = '';
  let over = !lines;
  if (child.stdout && child.stderr) {
    for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref?(): void }).unref?.();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    const reader = createInterface({ input: child.stdout });
    reader.on('line', (line) => {
      const next = waiting.shift();
      if (next) next(line);
      else heard.push(line);
    });
    reader.on('close', () => {
      over = true;
      for (const next of waiting.splice(0)) next(undefined);
    });
  }
  return {
    pid: child.pid!,
    async line() {
      const early = heard.shift();
      if (early !== undefined) return early;
      if (over) throw new Error(`${command} said nothing more: ${stderr.trim()}`);
      const line = await new Promise<string | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), LINE_MS);
        waiting.push((text) => {
          clearTimeout(timer);
          resolve(text);
        });
      });
      if (line === undefined) throw new Error(`${command} ${args.join(' ')} said nothing: ${stderr.trim()}`);
      return line;
    },
  };
}

interface RunOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  timeoutMs?: number;
  input?: string;
}

/** Runs a command to its end and gives its stdout; rejects with its stderr, or after the deadline even if it is in D. */
export async function runCommand(command: string, args: string[], options: RunOptions): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  // `timeout` bounds it also when this process is killed meanwhile; with KILL it does not wait for a child in D.
  const child = spawn('timeout', ['-s', 'KILL', String(timeoutMs / 1000), command, ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  // 'exit', not 'close': a grandchild may hold the pipes for ever.
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  await new Promise((resolve) => setImmediate(resolve));
  if (signal === null && code === 0) return stdout;
  const how = signal ?? `exit code ${code}`;
  throw new Error(`${command} ${args.join(' ')}: ${how}${stderr ? `: ${stderr.trim()}` : ''}`);
}
