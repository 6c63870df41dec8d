import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Kernel, kmod } from './fetch.ts';

/** What has to be loaded before the machine's own files can be seen; the rest comes from there. */
const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

/**
 * Builds the initial RAM disk: busybox, the modules above in the order of their needs, and `init`, which brings the
 * machine's root file system up (read-only by 9p, below an overlay in memory) and starts the job there.
 * @returns its path
 */
export function buildInitramfs(
  kernel: Kernel,
  busybox: string,
  layers: number,
  tools: string,
  share: string,
): string {
  const dir = join(share, 'initramfs');
  for (const each of ['bin', 'modules', 'proc', 'sys', 'dev', 'memory', 'root'])
    mkdirSync(join(dir, each), { recursive: true });
  copyFileSync(busybox, join(dir, 'bin/busybox'));
  const order = moduleFiles(kernel, tools).map((file, index) => {
    const name = `${String(index).padStart(2, '0')}-${basename(file).replace(/\.(?:xz|zst|gz)$/, '')}`;
    writeFileSync(join(dir, 'modules', name), unpacked(file));
    return name;
  });
  writeFileSync(join(dir, 'modules/order'), `${order.join('\n')}\n`);
  writeFileSync(join(dir, 'init'), initScript(layers), { mode: 0o755 });
  const image = join(share, 'initramfs.gz');
  writeFileSync(image, gzipSync(cpio(dir), { level: 1 }));
  return image;
}

/** Module files in the order in which they have to be loaded, each once. */
function moduleFiles({ tree, release }: Kernel, tools: string): string[] {
  const files = new Set<string>();
  for (const module of MODULES) {
    const plan = kmod(tools, 'modprobe', ['-S', release, '-d', join(tree, 'usr'), '--show-depends', module]);
    for (const [, file = ''] of plan.matchAll(/^insmod (\S+)/gm)) files.add(file);
  }
  return [...files].filter((file) => existsSync(file));
}

function unpacked(file: string): Buffer {
  const limits = { maxBuffer: 1 << 27 };
  if (file.endsWith('.xz')) return execFileSync('xz', ['-dc', file], limits);
  if (file.endsWith('.zst')) return execFileSync('zstd', ['-dcq', file], limits);
  return file.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file);
}

/** @param layers how many trees lie over the machine's root: mount tags `layer0` (on top), `layer1` … */
function initScript(layers: number): string {
  const over = Array.from({ length: layers }, (_, index) => `layer${index}`);
  const lower = [...over, 'hostroot'].map((tag) => `/${tag}`).join(':');
  return `#!/bin/busybox sh
/bin/busybox mkdir -p /usr/bin /usr/sbin /sbin
/bin/busybox --install -s /bin
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
fail() { echo "init: $*"; echo o > /proc/sysrq-trigger; sleep 60; }
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module" || echo "init: no $module"; done < /modules/order
nine=trans=virtio,version=9p2000.L,msize=262144
for tag in hostroot ${over.join(' ')}; do
  mkdir /$tag
  mount -t 9p -o ro,cache=loose,$nine $tag /$tag || fail "no $tag"
done
mount -t tmpfs -o size=75% memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o "lowerdir=${lower},upperdir=/memory/upper,workdir=/memory/work" overlay /root || fail no overlay
for each in /proc /sys /dev; do mount --move $each /root$each; done
for each in /tmp /run; do mount -t tmpfs -o mode=1777 memory /root$each; done
mkdir -p /root/kernels
mount -t 9p -o rw,$nine share /root/kernels || fail no share
exec switch_root /root /bin/sh /kernels/start.sh
`;
}

/** The part of cpio's "newc" format that the kernel needs (Documentation/driver-api/early-userspace/buffer-format.rst). */
function cpio(root: string): Buffer {
  const parts: Buffer[] = [];
  let inode = 1;
  const padded = (data: Buffer) => parts.push(data, Buffer.alloc(-data.length & 3));
  const add = (name: string, mode: number, content: Buffer) => {
    const fields = [inode++, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
    padded(Buffer.from(header, 'latin1'));
    padded(content);
  };
  const addTree = (dir: string) => {
    for (const name of readdirSync(join(root, dir)).sort()) {
      const path = join(dir, name);
      const found = lstatSync(join(root, path));
      if (found.isSymbolicLink()) add(path, found.mode, Buffer.from(readlinkSync(join(root, path))));
      else add(path, found.mode, found.isFile() ? readFileSync(join(root, path)) : Buffer.alloc(0));
      if (found.isDirectory()) addTree(path);
    }
  };
  addTree('');
  add('TRAILER!!!', 0, Buffer.alloc(0));
  return Buffer.concat(parts);
}
