import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Look } from './scene.ts';

/** A FUSE file system of the lab with one entry, `file`. */
export interface FuseMount {
  mount: string;
  file: string;
  /** PID of its server. */
  daemon: number;
}

export type FuseOperation = 'lookup' | 'open' | 'read' | 'write' | 'flush' | 'fsync' | 'all';

/** Mounts the lab's FUSE server; `stall` names the requests that it takes and never answers. */
export async function mountFuse(
  lab: Lab,
  options: { stall?: FuseOperation[]; backing?: string; direct?: boolean } = {},
): Promise<FuseMount> {
  const mount = join(lab.dir, 'fuse');
  mkdirSync(mount);
  lab.undo(`umount ${mount} || umount -l ${mount}`);
  const args = [mount];
  if (options.stall) args.push(`stall=${options.stall.join(',')}`);
  if (options.backing) args.push(`backing=${options.backing}`);
  if (options.direct) args.push('direct');
  const server = await lab.start(await lab.program('fusefs'), args, { stdio: 'lines' });
  await server.line();
  return { mount, file: join(mount, 'file'), daemon: server.pid };
}

/** The server that is alive and does not answer: it sits in its read like an idle one, which is all one can see of it. */
export function silentDaemon(daemon: number): Look {
  return { role: 'daemon', pid: daemon, cause: null, alsoOk: ['fuse-wait'] };
}
