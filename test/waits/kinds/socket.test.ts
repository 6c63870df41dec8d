import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { paths, stepsOf, waitOf } from '../../support/looks.ts';

const SS = 'ss:unix:0';
const pair =
  'u_str ESTAB  0      768                   * 88     * 89    \nu_str ESTAB  9      0                     * 89     * 88    \n';
const tcp = (...rows: [local: string, remote: string, state: string, inode: number][]) =>
  [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    ...rows.map(
      ([local, remote, state, inode], i) =>
        `   ${i}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 00000000dddcaf0c 100 0 0 10 0`,
    ),
  ].join('\n');

const sender: FakeProcess = {
  pid: 60,
  comm: 'sender',
  call: 'sendto(6)',
  stack: 'sock_alloc_send_pskb < unix_stream_sendmsg',
  fds: { 6: 'rw socket:[88]' },
};
const peer: FakeProcess = { pid: 70, comm: 'peer', fds: { 3: 'rw socket:[89]' } };
const host = (files: FakeHost['files'], ...processes: FakeProcess[]): FakeHost => ({
  files,
  processes: [{ pid: 1, comm: 'init' }, ...processes],
});
const LOCAL = '0100007F:1F90';
const REMOTE = '0100007F:A83A';
const FAR = '05060708:01BB';

describe('unix sockets', () => {
  it('lead to whoever has the socket that sock_diag names as peer', async () => {
    const wait = await waitOf(host({ [SS]: pair }, sender, peer), 60);
    expect(paths(wait)).toEqual(['process:60 > socket:88 > process:70']);
    expect(wait.hops[0]?.edges[1]).toMatchObject({ how: 'peer inode by sock_diag', confidence: 'certain' });
  });

  it('are asked for in the process’s own network namespace', async () => {
    const inside = { ...sender, ns: { net: 4026532999 } };
    const wait = await waitOf(host({ 'ss:unix:60': pair, [SS]: '' }, inside, peer), 60);
    expect(paths(wait)).toEqual(['process:60 > socket:88 > process:70']);
  });

  it('shared by several processes are only likely anybody’s', async () => {
    const wait = await waitOf(host({ [SS]: pair }, sender, peer, { ...peer, pid: 71 }), 60);
    expect(wait.hops.map(({ next, edges }) => [next?.pid, edges[1]?.confidence])).toEqual([
      [70, 'likely'],
      [71, 'likely'],
    ]);
  });

  it('end at the socket without ss', async () => {
    expect(paths(await waitOf(host({}, sender, peer), 60))).toEqual(['process:60 > socket:88']);
  });
});

describe('tcp sockets', () => {
  const sending = { ...sender, stack: 'wait_woken < sk_stream_wait_memory < tcp_sendmsg_locked' };

  it('on this host lead to the socket with the addresses reversed', async () => {
    const rows = tcp([LOCAL, REMOTE, '01', 88], [REMOTE, LOCAL, '01', 89]);
    const wait = await waitOf(host({ '/proc/60/net/tcp': rows }, sending, peer), 60);
    expect(wait.point).toBe('sendto(6, tcp 127.0.0.1:8080 → 127.0.0.1:43066)');
    expect(paths(wait)).toEqual(['process:60 > socket:88 > process:70']);
  });

  describe('to another network namespace of this host', () => {
    const HERE = '0163630A:B6EC';
    const THERE = '0263630A:1E61';
    const inside = { ...peer, ns: { net: 4026532999 } };
    const own = { '/proc/60/net/tcp': tcp([HERE, THERE, '01', 88]) };

    it('lead to the socket with the addresses reversed', async () => {
      const files = { ...own, '/proc/70/net/tcp': tcp([THERE, HERE, '01', 89]) };
      const wait = await waitOf(host(files, sending, inside), 60);
      expect(paths(wait)).toEqual(['process:60 > socket:88 > process:70']);
      expect(wait.hops[0]?.edges[1]).toMatchObject({ confidence: 'likely' });
      expect(wait.hops[0]?.edges[1]?.facts).toContainEqual({
        path: '/proc/70/net/tcp',
        line: `${THERE} ${HERE} 01`,
        says: 'local, remote, state, in another network namespace',
      });
    });

    it('lead to the listener that has not accepted it yet', async () => {
      const rows = tcp([THERE, HERE, '01', 0], ['00000000:1E61', '00000000:0000', '0A', 89]);
      const wait = await waitOf(host({ ...own, '/proc/70/net/tcp': rows }, sending, inside), 60);
      expect(paths(wait)).toEqual(['process:60 > socket:88 > process:70']);
    });

    it.each<[string, FakeHost]>([
      ['nobody there has it', host({ ...own, '/proc/70/net/tcp': tcp() }, sending, inside)],
      [
        'it is a loopback address, which each has',
        host(
          {
            '/proc/60/net/tcp': tcp([LOCAL, REMOTE, '01', 88]),
            '/proc/70/net/tcp': tcp([REMOTE, LOCAL, '01', 89]),
          },
          sending,
          inside,
        ),
      ],
    ])('end at the address when %s', async (_, where) => {
      expect(paths(await waitOf(where, 60))[0]).toMatch(/ > remote:/);
    });

    it('are not looked for by one that only waits for data', async () => {
      const files = { ...own, '/proc/70/net/tcp': tcp([THERE, HERE, '01', 89]) };
      const receiving = { ...sending, call: 'recvfrom(6)', stack: 'wait_woken < sk_wait_data < tcp_recvmsg' };
      expect(paths(await waitOf(host(files, receiving, inside), 60))[0]).toMatch(/ > remote:/);
    });
  });

  it('elsewhere lead to the remote address', async () => {
    const connect = { ...sender, call: 'connect(6)', stack: 'wait_woken < __inet_stream_connect' };
    const wait = await waitOf(host({ '/proc/60/net/tcp': tcp([LOCAL, FAR, '02', 88]) }, connect), 60);
    expect(wait.kind).toBe('connect');
    expect(paths(wait)).toEqual(['process:60 > socket:88 > remote:8.7.6.5:443']);
  });
});

describe('a connect to this host', () => {
  const connect = { ...sender, call: 'connect(6)', stack: 'wait_woken < __inet_stream_connect' };
  const server: FakeProcess = { pid: 70, comm: 'server', fds: { 3: 'rw socket:[89]' } };
  const listening = (address: string, queue: string) =>
    `${tcp([LOCAL, REMOTE, '02', 88])}\n   9: ${address} 00000000:0000 0A 00000000:${queue} 00:00000000 00000000     0        0 89 1 00000000dddcaf0c 100 0 0 10 0`;

  it.each([
    ['at that address', REMOTE],
    ['at all addresses', '00000000:A83A'],
  ])('leads to who listens %s and has not accepted others', async (_, address) => {
    const wait = await waitOf(
      host({ '/proc/60/net/tcp': listening(address, '00000001') }, connect, server),
      60,
    );
    expect(paths(wait)).toEqual(['process:60 > socket:88 > process:70']);
    expect(wait.hops[0]?.edges.at(-1)?.how).toMatch(/^it listens at that address, and has connections/);
  });

  it.each([
    ['on another port', '00000000:A83B', '00000001'],
    ['and has accepted all', REMOTE, '00000000'],
  ])('is not held up by who listens %s', async (_, address, queue) => {
    const wait = await waitOf(host({ '/proc/60/net/tcp': listening(address, queue) }, connect, server), 60);
    expect(paths(wait)).toEqual(['process:60 > socket:88 > remote:127.0.0.1:43066']);
  });
});

it('an accept is healthy, though it sleeps where a receive sleeps', async () => {
  const accepting = { ...sender, call: 'accept4(6)', stack: '__skb_wait_for_more_packets < unix_accept' };
  expect(await waitOf(host({}, accepting), 60)).toMatchObject({
    kind: 'accept',
    idle: 'idle-accept',
    hops: [],
  });
});

describe('a receive', () => {
  const receiver = {
    ...sender,
    call: 'recvfrom(6)',
    stack: 'unix_stream_read_generic < unix_stream_recvmsg',
  };
  const kindsBehind = async (changes: Partial<FakeProcess>) =>
    (await stepsOf(host({ [SS]: pair }, receiver, { ...peer, ...changes }), 60))
      .slice(1)
      .map(({ wait }) => wait.kind);
  const writing = {
    call: 'write(1)',
    stack: 'anon_pipe_write < vfs_write',
    fds: { ...peer.fds, 1: 'w pipe:[9]' },
  };

  it('is healthy while its peer is only asleep, and follows it when it is stopped', async () => {
    expect(await kindsBehind({ state: 'S' })).toEqual([]);
    expect(await kindsBehind({ state: 'T' })).toEqual(['stopped']);
  });

  it('follows a peer whose only thread is held up, and not one of several', async () => {
    expect(await kindsBehind(writing)).toEqual(['pipe-write']);
    expect(await kindsBehind({ ...writing, threads: [{ tid: 71 }] })).toEqual([]);
  });
});
