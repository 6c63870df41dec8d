import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { privateDir } from '../../src/lab/compile.ts';
import { fetchArm64, fetchKernel, type Kernel } from './fetch.ts';
import { buildInitramfs } from './initramfs.ts';
import { type Accelerator, bestAccelerator, runVm } from './vm.ts';

const root = join(import.meta.dirname, '../..');
/** Where kernels, tools and results lie. */
export const cache = process.env.PROCDIAG_KERNELS ?? join(tmpdir(), 'procdiag-kernels');
const MEMORY_MB = 2560;
const SECONDS = 3000;

export interface Boot {
  readonly kernel: Kernel;
  /** The tree of the host's unpacked tools, kmod and QEMU. */
  readonly tools: string;
  /** The tree of QEMU, where that is another. */
  readonly qemu?: string;
  /** Trees that lie over the root in the guest. */
  readonly layers: readonly string[];
  /** The module beside this one that is bundled, and that node runs in the guest. */
  readonly guest: string;
  /** What that module finds as job.json. */
  readonly job: unknown;
  /** What else lies in the guest's /kernels/programs and /tmp/procdiag-lab-0: name and file. */
  readonly programs?: ReadonlyMap<string, string>;
}

/** What `name` boots with: a kernel of SUITES on this machine's own files, or `arm64`. */
export function machine(
  name: string,
  tools: { readonly host: string; readonly guest: string },
): Pick<Boot, 'kernel' | 'tools' | 'qemu' | 'layers'> {
  if (name === 'arm64') return { ...fetchArm64(cache, tools.host), tools: tools.host, layers: [] };
  return { kernel: fetchKernel(cache, name, tools.host), tools: tools.host, layers: [tools.guest] };
}

let accelerator: Accelerator | undefined;

/** Boots a kernel with a job and waits for its end. @returns the directory that holds what the job left. */
export async function boot({
  kernel,
  tools,
  qemu = tools,
  layers,
  guest,
  job,
  programs = new Map(),
}: Boot): Promise<string> {
  const share = join(cache, `share-${kernel.name}`);
  rmSync(share, { recursive: true, force: true });
  mkdirSync(share);
  // arm64's kernel lies in its root; for this machine's architecture, its own root is the guest's.
  const [root, trees] = isOwn(kernel) ? ['/', [...layers, kernel.tree]] : [kernel.tree, layers];
  const busybox = join(isOwn(kernel) ? tools : root, 'usr/bin/busybox');
  const initramfs = buildInitramfs(kernel, busybox, trees.length, tools, share);
  await prepare(share, guest, programs, isOwn(kernel));
  writeFileSync(join(share, 'job.json'), JSON.stringify(job));
  const { arch, image } = kernel;
  const machine = { arch, root, image, initramfs, share, layers: trees, tools: qemu, memoryMb: MEMORY_MB };
  if (isOwn(kernel)) accelerator ??= await bestAccelerator(machine);
  const best = (isOwn(kernel) && accelerator) || 'tcg,thread=multi';
  process.stdout.write(`${kernel.name}: ${kernel.release}, ${best}\n`);
  if (!(await runVm({ ...machine, accelerator: best }, (SECONDS + 120) * 1000)))
    process.stdout.write(`${kernel.name}: the machine hung\n`);
  return share;
}

const isOwn = ({ arch }: Kernel): boolean => arch === 'amd64';

/** The program as it is built now, the job, and the lab's programs that are compiled already. */
async function prepare(
  share: string,
  guest: string,
  more: ReadonlyMap<string, string>,
  isCompiled: boolean,
): Promise<void> {
  const project = join(share, 'project');
  for (const part of ['bin', 'dist', 'package.json', 'src/lab/programs'])
    cpSync(join(root, part), join(project, part), { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, guest)],
    outfile: join(project, 'dist/guest.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const programs = join(share, 'programs');
  mkdirSync(programs);
  for (const entry of readdirSync(privateDir(), { withFileTypes: true })) {
    const compiled = entry.isDirectory() && /^[0-9a-f]{16}$/.test(entry.name);
    if (isCompiled && compiled)
      cpSync(join(privateDir(), entry.name), join(programs, entry.name), { recursive: true });
  }
  for (const [name, file] of more) copyFileSync(file, join(programs, name));
  copyFileSync(join(import.meta.dirname, 'start.sh'), join(share, 'start.sh'));
  writeFileSync(join(share, 'seconds'), String(SECONDS));
}
