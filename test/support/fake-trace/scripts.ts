import type { WakeKind } from '../../../src/trace/event.ts';

/** Whose part a thread plays. */
export type Role = 'main' | 'worker' | 'backend' | 'shell' | 'child';

/** Something that a thread does now and then. */
export interface Act {
  readonly often: number;
  readonly name: string;
  readonly args?: string;
  readonly result?: number;
  readonly errno?: string;
  readonly resultText?: string;
  readonly sleeps?: true;
  readonly disk?: true;
  readonly fork?: true;
  readonly wakes?: Role;
  readonly how?: WakeKind;
}

/** What threads of each part do. */
export const SCRIPTS: Readonly<Record<Role, readonly Act[]>> = {
  main: [
    { often: 30, name: 'epoll_wait', args: '13<anon_inode:[eventpoll]>, [], 1024, 250', sleeps: true },
    { often: 20, name: 'read', args: '21<socket:[88213]>, "GET /orders HTTP/1.1\\r\\n", 65536', result: 412 },
    { often: 20, name: 'write', args: '21<socket:[88213]>, "HTTP/1.1 200 OK\\r\\n", 1841', result: 1841 },
    {
      often: 15,
      name: 'futex',
      args: '0x7f3a1c0008c8, FUTEX_WAKE_PRIVATE, 1',
      wakes: 'worker',
      how: 'futex',
    },
    {
      often: 8,
      name: 'sendto',
      args: '19<UNIX-STREAM:[90112->90113]>, "SELECT", 96, MSG_NOSIGNAL, NULL, 0',
      wakes: 'backend',
      how: 'socket',
    },
    {
      often: 7,
      name: 'openat',
      args: 'AT_FDCWD, "/srv/app/.env.local", O_RDONLY|O_CLOEXEC',
      result: -2,
      errno: 'ENOENT',
      resultText: 'No such file or directory',
    },
  ],
  worker: [
    { often: 45, name: 'futex', args: '0x7f3a1c0008c8, FUTEX_WAIT_PRIVATE, 0, NULL', sleeps: true },
    {
      often: 15,
      name: 'pread64',
      args: '24</srv/app/data/orders.db>, "\\0\\0\\1"..., 4096, 81920',
      result: 4096,
      disk: true,
    },
    {
      often: 20,
      name: 'write',
      args: '15<anon_inode:[eventfd]>, "\\1\\0\\0\\0\\0\\0\\0\\0", 8',
      wakes: 'main',
      how: 'epoll',
    },
    {
      often: 20,
      name: 'mmap',
      args: 'NULL, 262144, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0',
      result: 0x7f3a20000000,
    },
  ],
  backend: [
    {
      often: 50,
      name: 'recvfrom',
      args: '9<UNIX-STREAM:[90113->90112]>, 0x55d0c1, 8192, 0, NULL, NULL',
      sleeps: true,
    },
    { often: 15, name: 'fsync', args: '31</var/lib/db/pg_wal/000000010000000000000003>', disk: true },
    {
      often: 15,
      name: 'pread64',
      args: '30</var/lib/db/base/16384/2619>, ""..., 8192, 0',
      result: 8192,
      disk: true,
    },
    {
      often: 20,
      name: 'sendto',
      args: '9<UNIX-STREAM:[90113->90112]>, "T\\0\\0\\0"..., 184, 0, NULL, 0',
      wakes: 'main',
      how: 'socket',
    },
  ],
  shell: [
    { often: 12, name: 'nanosleep', args: '{tv_sec=0, tv_nsec=50000000}, NULL', sleeps: true },
    { often: 10, name: 'stat', args: '"/usr/bin/date", {st_mode=S_IFREG|0755, st_size=109736, ...}' },
    { often: 8, name: 'clone', fork: true },
  ],
  child: [
    { often: 30, name: 'openat', args: 'AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC', result: 3 },
    { often: 20, name: 'close', args: '3</etc/ld.so.cache>' },
    { often: 15, name: 'nanosleep', args: '{tv_sec=0, tv_nsec=50000000}, NULL', sleeps: true },
    { often: 35, name: 'brk', args: '0x5581a3c1f000', result: 0x5581a3c1f000 },
  ],
};
