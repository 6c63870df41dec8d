import { describe, expect } from 'vitest';
import { childrenOf } from '../../../src/lab/peek.ts';
import { type Actor, playScene } from './on-stage.ts';

/** The descriptors of a process that are the given object, opened for writing (access mode of fdinfo, open(2)). */
function writeEnds(actor: Actor, object: string | undefined): number[] {
  return [...actor.descriptors]
    .filter(([, target]) => target === object)
    .map(([fd]) => fd)
    .filter(
      (fd) => (Number.parseInt(/^flags:\t(\d+)/m.exec(actor.read(`fdinfo/${fd}`))?.[1] ?? '0', 8) & 3) !== 0,
    );
}

function pipesOf(actor: Actor): string[] {
  return [...actor.descriptors.values()].filter((target) => target.startsWith('pipe:'));
}

describe('scenes of pipes and sockets', () => {
  playScene('pipe-held-by-grandchild', ({ actor }) => {
    const [reader, holder] = [actor('reader'), actor('holder')];
    expect(reader.frames).toMatch(/pipe_read/);
    const pipe = reader.descriptors.get(reader.args[0] ?? -1);
    expect(pipe).toMatch(/^pipe:/);
    expect(writeEnds(reader, pipe)).toEqual([]);
    expect(writeEnds(holder, pipe)).toHaveLength(1);
    expect(holder.number('PPid')).not.toBe(reader.pid);
    expect(childrenOf(reader.pid)).toEqual([]);
  });

  playScene('pipe-held-epoll', ({ actor }) => {
    const [reader, holder] = [actor('reader'), actor('holder')];
    expect(reader.frames).toMatch(/ep_poll|do_epoll_wait/);
    const [pipe] = pipesOf(reader);
    expect(writeEnds(reader, pipe)).toEqual([]);
    expect(writeEnds(holder, pipe)).toHaveLength(1);
    const watched = Number(/^tfd:\s*(\d+)/m.exec(reader.read(`fdinfo/${reader.args[0]}`))?.[1]);
    expect(reader.descriptors.get(watched)).toBe(pipe);
  });

  playScene('pipe-held-node', ({ actor }) => {
    const [reader, holder] = [actor('reader'), actor('holder')];
    expect(reader.frames).toMatch(/ep_poll|do_epoll_wait/);
    expect(childrenOf(reader.pid)).toEqual([]);
    expect(holder.status('Name')).toBe('sleep');
    // Node's stdio pipes are socket pairs: no inode that both would show.
    expect(holder.descriptors.get(1)).toMatch(/^socket:/);
  });

  playScene('pipe-deadlock', ({ actor }) => {
    const [feeder, filter] = [actor('feeder'), actor('filter')];
    for (const [writer, reader] of [
      [feeder, filter],
      [filter, feeder],
    ] as const) {
      expect(writer.frames).toMatch(/pipe_write/);
      expect(pipesOf(reader)).toContain(writer.descriptors.get(writer.args[0] ?? -1));
    }
  });

  playScene('pipe-stdin-kept', ({ actor }) => {
    const [parent, reader] = [actor('parent'), actor('reader')];
    expect(parent.args[0]).toBe(reader.pid); // wait4
    const pipe = reader.descriptors.get(reader.args[0] ?? -1);
    expect(writeEnds(reader, pipe)).toEqual([]);
    expect(writeEnds(parent, pipe)).toHaveLength(1);
  });

  playScene('pipe-lifeline', ({ actor }) => {
    const [parent, worker] = [actor('parent'), actor('worker')];
    expect(parent.args[0]).toBe(worker.pid);
    expect(worker.threads).toHaveLength(2);
  });

  playScene('pipe-full-poll', ({ actor }) => {
    const [writer, reader] = [actor('writer'), actor('reader')];
    expect(writer.frames).toMatch(/do_sys_poll|do_poll/);
    expect(pipesOf(reader)).toEqual(expect.arrayContaining(pipesOf(writer)));
  });

  playScene('tcp-backlog-full', ({ actor }) => {
    const [client, server] = [actor('client'), actor('server')];
    const inodeIn = (who: Actor, fd: number) => /\d+/.exec(who.descriptors.get(fd) ?? '')?.[0];
    const lines = client.read('net/tcp').split('\n');
    const own = inodeIn(client, client.args[0] ?? -1);
    expect(lines.find((line) => line.includes(` ${own} `))).toMatch(/ 02 /);
    const listeners = [...server.descriptors.keys()].map((fd) => inodeIn(server, fd));
    const listening = lines.find(
      (line) => / 0A /.test(line) && listeners.some((inode) => line.includes(` ${inode} `)),
    );
    expect(listening).toMatch(/ 0A 00000000:0000000[1-9] /);
  });

  playScene('pipe-self-held', ({ actor }) => {
    const reader = actor('reader');
    expect(reader.frames).toMatch(/pipe_read/);
    expect(writeEnds(reader, reader.descriptors.get(reader.args[0] ?? -1))).toHaveLength(1);
    expect(childrenOf(reader.pid)).toEqual([]);
  });

  playScene('pipe-full', ({ actor }) => {
    const [writer, reader] = [actor('writer'), actor('reader')];
    expect(writer.frames).toMatch(/pipe_write/);
    const pipe = writer.descriptors.get(writer.args[0] ?? -1);
    expect(pipesOf(reader)).toEqual([pipe]);
    expect(writeEnds(reader, pipe)).toEqual([]);
    expect(reader.frames).toContain('pause');
  });

  playScene('pipe-full-parent-waits', ({ actor }) => {
    const [writer, parent] = [actor('writer'), actor('parent')];
    expect(writer.frames).toMatch(/pipe_write/);
    expect(pipesOf(parent)).toEqual([writer.descriptors.get(writer.args[0] ?? -1)]);
    expect(parent.frames).toContain('do_wait');
    expect(parent.args[0]).toBe(writer.pid);
  });

  playScene('unix-socket-full', ({ actor }) => {
    const writer = actor('writer');
    expect(writer.frames).toMatch(/unix_stream_sendmsg|sock_alloc_send_pskb/);
    expect(writer.descriptors.get(writer.args[0] ?? -1)).toMatch(/^socket:/);
    expect(actor('peer').frames).toContain('pause');
  });

  playScene('tcp-socket-full', ({ actor }) => {
    const [writer, peer] = [actor('writer'), actor('peer')];
    const inodeOf = (text: string | undefined): string => /\d+/.exec(text ?? '')?.[0] ?? '';
    const sent = connection(writer, inodeOf(writer.descriptors.get(writer.args[0] ?? -1)));
    expect(sent.state).toBe('01');
    expect(sent.unsent).toBeGreaterThan(0);
    const sockets = [...peer.descriptors.values()].filter((target) => target.startsWith('socket:'));
    const received = sockets
      .map((target) => connection(peer, inodeOf(target)))
      .find(({ local }) => local !== '');
    expect(received?.local).toBe(sent.remote);
    expect(received?.unread).toBeGreaterThan(0);
  });

  playScene('tcp-connect-wait', ({ actor }) => {
    const client = actor('client');
    expect(client.read('net/tcp')).toMatch(/ 010200C0:0050 02 /); // 192.0.2.1:80, SYN_SENT
  });
});

/** The line of /proc/PID/net/tcp about this socket. */
function connection(
  actor: Actor,
  inode: string,
): { local: string; remote: string; state: string; unsent: number; unread: number } {
  const line = actor
    .read('net/tcp')
    .split('\n')
    .map((text) => text.trim().split(/\s+/))
    .find((words) => words[9] === inode);
  const [, local = '', remote = '', state = '', queues = '0:0'] = line ?? [];
  const [unsent = 0, unread = 0] = queues.split(':').map((text) => Number.parseInt(text, 16));
  return { local, remote, state, unsent, unread };
}
