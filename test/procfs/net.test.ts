import { describe, expect, it } from 'vitest';
import { addressText } from '../../src/procfs/ip-address.ts';
import { parseNetTcp } from '../../src/procfs/net-tcp.ts';
import { parseNetUnix } from '../../src/procfs/net-unix.ts';
import { parseSsUnix } from '../../src/procfs/ss-unix.ts';
import { recorded } from './recorded.ts';

describe('parseNetTcp', () => {
  it('reads a listener with one connection not accepted, and its ends', () => {
    const sockets = parseNetTcp(recorded('net-tcp.v4'));
    expect(sockets).toHaveLength(4);
    expect(sockets[0]).toEqual({
      local: { address: '127.0.0.1', port: 57149 },
      remote: { address: '0.0.0.0', port: 0 },
      state: 'LISTEN',
      txQueue: 0,
      rxQueue: 1,
      retransmits: 0,
      uid: 0,
      inode: 135352,
    });
    expect(sockets[1]).toMatchObject({ state: 'ESTABLISHED', inode: 0 });
    expect(sockets[2]?.remote).toEqual(sockets[1]?.local);
  });

  it('reads IPv6, and IPv4 over it', () => {
    expect(parseNetTcp(recorded('net-tcp.v6')).map(({ local }) => local.address)).toEqual([
      '::1',
      '::',
      '::ffff:127.0.0.1',
    ]);
  });

  it('leaves out a line that was cut before its inode', () => {
    const text = recorded('net-tcp.v4');
    expect(parseNetTcp(text.slice(0, text.lastIndexOf('134878')))).toHaveLength(3);
  });
});

// RFC 5952 section 4 (first longest run of zeros, no single zero), as little-endian words.
it.each([
  ['0100007F', '127.0.0.1'],
  ['B80D0120000000000000000001000000', '2001:db8::1'],
  ['000080FE00000000FF005450FEFF1234', 'fe80::5054:ff:3412:fffe'],
  ['B80D0120000000000000010001000000', '2001:db8::1:0:0:1'],
  ['B80D0120010000000100010001000100', '2001:db8:0:1:1:1:1:1'],
  ['0100007', undefined],
  ['zz00007F', undefined],
])('address %s is %s', (digits, text) => {
  expect(addressText(digits)).toBe(text);
});

describe('parseNetUnix', () => {
  it('reads names with blanks, abstract names, listeners', () => {
    const sockets = parseNetUnix(recorded('net-unix'));
    expect(sockets).toHaveLength(9);
    expect(sockets[0]).toEqual({
      inode: 135348,
      path: '/tmp/demo/a sock',
      type: 'stream',
      state: 'UNCONNECTED',
      flags: 0x10000,
      listening: true,
      refCount: 2,
    });
    expect(sockets[1]).toMatchObject({ inode: 78, state: 'CONNECTED', listening: false, path: undefined });
    expect(sockets.at(-1)).toMatchObject({ path: '@demo dgram', type: 'dgram' });
  });
});

describe('parseSsUnix', () => {
  it('reads peers, queues, and names with blanks', () => {
    const sockets = parseSsUnix(recorded('ss-unix'));
    expect(sockets).toHaveLength(8);
    expect(sockets[0]).toEqual({
      netid: 'u_str',
      state: 'LISTEN',
      recvQ: 1,
      sendQ: 3,
      path: '/tmp/demo/a sock',
      inode: 135348,
      peerInode: 0,
    });
    expect(sockets.find(({ inode }) => inode === 134862)).toMatchObject({
      peerInode: 134861,
      path: undefined,
      recvQ: 1,
    });
    expect(sockets.find(({ inode }) => inode === 135350)).toMatchObject({
      netid: 'u_dgr',
      path: '@demo dgram',
    });
  });

  it('takes the narrow form, and a path that ends in numbers', () => {
    expect(parseSsUnix('u_str ESTAB 0      0      * 78 * 79\n')).toMatchObject([
      { inode: 78, peerInode: 79 },
    ]);
    expect(parseSsUnix('u_str ESTAB 0 0 /run/x 12 * 3 4 * 5\n')).toMatchObject([
      { path: '/run/x 12 * 3', inode: 4, peerInode: 5 },
    ]);
  });

  it('believes no line about a socket of which another speaks too: one may be the path of a third', () => {
    const forged = '/tmp/s\nu_str ESTAB 0 0 * 78 * 99\nx';
    const text = `u_str ESTAB 0 0 * 78 * 79\nu_str LISTEN 0 1 ${forged} 5 * 0\nu_str ESTAB 0 0 * 79 * 78\n`;
    expect(parseSsUnix(text)).toMatchObject([{ inode: 79, peerInode: 78 }]);
  });
});
