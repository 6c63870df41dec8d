import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { libraries } from './fetch.ts';

export type Accelerator = 'kvm' | 'tcg,thread=multi';

export interface Machine {
  readonly arch: 'amd64' | 'arm64';
  /** The tree that is its root file system, read-only. */
  readonly root: string;
  readonly image: string;
  readonly initramfs: string;
  /** Trees that lie over the root, the first on top. */
  readonly layers: readonly string[];
  /** A directory that the guest sees, writable, as /kernels. */
  readonly share: string;
  /** The tree of the unpacked QEMU. */
  readonly tools: string;
  readonly accelerator: Accelerator;
  readonly memoryMb: number;
}

/** Boots, and resolves when the machine is off. It is ended after `timeoutMs`. @returns whether it ended by itself */
export async function runVm(machine: Machine, timeoutMs: number): Promise<boolean> {
  const child = start(machine, join(machine.share, 'console.log'));
  const ended = once(child, 'exit').then(() => true);
  const timer = new AbortController();
  const inTime = await Promise.race([
    ended,
    pause(timeoutMs, false, { signal: timer.signal }).catch(() => false),
  ]);
  timer.abort();
  if (!inTime) child.kill('SIGKILL');
  await ended;
  return inTime;
}

/** /dev/kvm may be there and yet hang at the kernel's first instruction (nested virtualisation): a kernel that speaks proves it. */
export async function bestAccelerator(machine: Omit<Machine, 'accelerator'>): Promise<Accelerator> {
  const log = join(machine.share, 'kvm-probe.log');
  const child = start({ ...machine, accelerator: 'kvm' }, log);
  const exit = once(child, 'exit');
  for (let tries = 0; tries < 50 && child.exitCode === null; tries++) {
    await pause(100);
    if (/Linux version/.test(readFileSync(log, 'latin1'))) {
      child.kill('SIGKILL');
      await exit;
      return 'kvm';
    }
  }
  child.kill('SIGKILL');
  await exit;
  return 'tcg,thread=multi';
}

function start(machine: Machine, log: string): ChildProcess {
  const { arch, root, image, initramfs, share, layers, tools, accelerator, memoryMb } = machine;
  const virtfs = 'local,security_model=none,multidevs=remap';
  const args = [
    ...['-accel', accelerator, ...processor(machine), '-m', String(memoryMb)],
    ...['-nodefaults', '-nographic', '-no-reboot', '-nic', 'none', '-serial', 'stdio'],
    ...['-L', join(tools, 'usr/share/qemu'), '-L', join(tools, 'usr/share/seabios')],
    ...['-device', 'virtio-rng-pci', '-kernel', image, '-initrd', initramfs],
    ...['-virtfs', `${virtfs},path=${root},mount_tag=hostroot,readonly=on`],
    ...layers.flatMap((tree, index) => [
      '-virtfs',
      `${virtfs},path=${tree},mount_tag=layer${index},readonly=on`,
    ]),
    ...['-virtfs', `${virtfs},path=${share},mount_tag=share`],
    ...[
      '-append',
      `console=${arch === 'amd64' ? 'ttyS0' : 'ttyAMA0'} panic=5 quiet loglevel=4 mitigations=off tsc=reliable`,
    ],
  ];
  const output = createWriteStream(log);
  const child = spawn('nice', ['-n', '10', join(tools, 'usr/bin', QEMU[arch]), ...args], {
    env: { ...process.env, LD_LIBRARY_PATH: libraries(tools) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  return child;
}

/** One does where the machine is too loaded for two: they wait for each other. */
const CPUS = process.env.PROCDIAG_KERNELS_CPUS ?? '2';
const QEMU = { amd64: 'qemu-system-x86_64', arm64: 'qemu-system-aarch64' } as const;

function processor({ arch, accelerator }: Machine): string[] {
  // One with few of the features that are slow to emulate.
  if (arch === 'arm64') return ['-M', 'virt', '-cpu', 'cortex-a72', '-smp', '1'];
  // A nested KVM may offer this register and yet refuse it; tables of five levels take longer to emulate.
  return ['-cpu', accelerator === 'kvm' ? 'max,arch-capabilities=off' : 'max,la57=off', '-smp', CPUS];
}
