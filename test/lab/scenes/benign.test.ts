import { describe, expect } from 'vitest';
import { parentOf } from '../../../src/lab/play.ts';
import { playScene } from './on-stage.ts';

/** Where the kernel has each kind of sleeper, by function names of 5.10 to 7.x. */
const SLEEPS: Record<string, RegExp> = {
  pause: /pause/,
  nanosleep: /hrtimer_nanosleep/,
  poll: /poll_schedule_timeout|do_sys_poll/,
  'poll-timed': /poll_schedule_timeout|do_sys_poll/,
  select: /poll_schedule_timeout|do_select/,
  epoll: /ep_poll|do_epoll_wait/,
  sigwait: /do_sigtimedwait/,
  sigsuspend: /sigsuspend/,
  wait4: /do_wait/,
  waitid: /do_wait/,
  accept: /inet_csk_accept/,
  'unix-accept': /__skb_wait_for_more_packets|__skb_recv_datagram/,
  'udp-recv': /__skb_wait_for_more_packets|__skb_recv_udp/,
  'pipe-read': /pipe_read/,
  eventfd: /eventfd_read/,
  inotify: /inotify_read/,
  semop: /semtimedop/,
  msgrcv: /do_msgrcv/,
  condvar: /futex/,
  'condvar-timed': /futex/,
};

describe('scenes of healthy processes', () => {
  playScene('idle-zoo', ({ actor, looks }) => {
    expect(new Set(looks.map(({ role }) => role))).toEqual(new Set(Object.keys(SLEEPS)));
    for (const [role, where] of Object.entries(SLEEPS)) {
      expect(actor(role).state, role).toBe('S');
      expect(actor(role).frames, role).toMatch(where);
    }
  });

  playScene('accept-mutex', ({ actor }) => {
    const frames = [actor('worker 0'), actor('worker 1')].map((worker) => worker.frames);
    expect(frames.filter((text) => /inet_csk_accept/.test(text))).toHaveLength(1);
    expect(frames.filter((text) => /locks_lock_inode_wait/.test(text))).toHaveLength(1);
  });

  playScene('shell-pipeline', ({ actor }) => {
    const [sleep, cat] = [actor('sleep'), actor('cat')];
    expect(cat.frames).toMatch(/pipe_read/);
    expect(cat.descriptors.get(0)).toBe(sleep.descriptors.get(1));
    expect(parentOf(cat.pid)).toBe(parentOf(sleep.pid));
  });

  playScene('setsid-daemon', ({ actor }) => {
    const daemon = actor('daemon');
    expect(daemon.stat(6)).toBe(daemon.pid); // leader of its session
    expect(daemon.stat(7)).toBe(0); // no terminal
    expect([0, 1, 2].map((fd) => daemon.descriptors.get(fd))).toEqual(Array(3).fill('/dev/null'));
  });

  playScene('node-idle-server', ({ actor }) => {
    const server = actor('server');
    expect(server.frames).toMatch(/ep_poll|do_epoll_wait/);
    expect(server.threads.length).toBeGreaterThan(4);
  });

  playScene('nested-shell-wait', ({ actor }) => {
    const [outer, inner, sleep] = [actor('outer'), actor('inner'), actor('sleep')];
    expect(outer.frames).toContain('do_wait');
    expect(inner.frames).toContain('do_wait');
    expect([parentOf(sleep.pid), parentOf(inner.pid)]).toEqual([inner.pid, outer.pid]);
  });
});
