import { describe, expect, it } from 'vitest';
import { lines } from '../../../src/procfs/kernel-log/each-line.ts';
import { stripLine } from '../../../src/procfs/kernel-log/lines.ts';

describe('stripLine', () => {
  const FRAME = 'do_wait+0x1f/0x30';

  it.each([
    ['bare', `  ${FRAME}`, false],
    ['dmesg', `[  123.456789]  ${FRAME}`, true],
    ['dmesg with callers', `[  123.456789][  T41]  ${FRAME}`, true],
    ['dmesg -d', `[  +0.000002]  ${FRAME}`, true],
    ['dmesg -T', `[Mon Mar 11 14:29:12 2024]  ${FRAME}`, true],
    ['dmesg --time-format iso', `[2024-03-11T14:29:12,123456+01:00]  ${FRAME}`, true],
    ['journalctl -k', `Nov 21 03:15:48 vm kernel:  ${FRAME}`, true],
    ['syslog with the stamp of dmesg', `Nov 21 03:15:48 host-1 kernel: [ 3810.402158]  ${FRAME}`, true],
    ['another language', `\u043a\u0432\u0456 06 15:07:05 box kernel:  ${FRAME}`, true],
    ['journalctl -o short-iso', `2024-03-11T14:29:12+0100 vm kernel:  ${FRAME}`, true],
    ['journalctl -o short-monotonic', `[ 3810.402158] vm kernel:  ${FRAME}`, true],
    ['journalctl without stamps', `kernel:  ${FRAME}`, true],
    ['/dev/kmsg levels', `<6>[  123.456789][   C11]  ${FRAME}`, true],
    ['quoted mail', `> > >> [  123.456789]  ${FRAME}`, true],
    ['quoted and bare', `> >\t\t ${FRAME}`, false],
    ['behind a prompt', `(initramfs) [  183.420027] ${FRAME}`, true],
    ['a container runtime', `{"log":"[  183.420027] ${FRAME}`, true],
    ['a container runtime that ends the line', `{"log":"\\t${FRAME}\\n","stream":"stdout"}`, false],
    ['a log shipper, and no stamp', `2024-05-06T07:08:09.123Z stdout F      ${FRAME}`, true],
    ['a log shipper', `2024-05-06T07:08:09.123Z stdout F [   12.345678]  ${FRAME}`, true],
    ['levels in brackets', `Apr 16 19:46:22 [WARNING] :  - [26652536.550380]  ${FRAME}`, true],
    ['RFC 5424', `<4>1 2023-09-01T10:11:12.345+00:00 node7 kernel - - -  ${FRAME}`, true],
    ['a date without any tag', `05/06/2024 07:08:09 host-1  ${FRAME}`, true],
    ['a clock without any tag', `07:08:09.123 host-1 kern.warn ${FRAME}`, true],
    ['the source of a page', `<p>&gt; ${FRAME}<br />`, false],
    ['vendor kernels', `[  123.456789] [2:  kworker/u16:3: 1234] ${FRAME}`, true],
    ['quoted-printable', `  ${FRAME} =`, false],
    ['quoted-printable blanks', `=C2=A0=A0${FRAME}=20`, false],
    ['quoted JSON', `> {"PRIORITY":"6","MESSAGE":" ${FRAME}"}`, false],
  ])('%s', (_what, raw, stamped) => {
    expect(stripLine(raw)).toMatchObject({ content: FRAME, stamped });
  });

  it('reads what a page escaped, even twice', () => {
    expect(stripLine('&#62; [&lt;0&gt;]&nbsp;do_wait+0x1/0x2</pre>').content).toBe('[<0>] do_wait+0x1/0x2');
    expect(stripLine('[&amp;lt;0&amp;gt;] do_wait+0x1/0x2').content).toBe('[<0>] do_wait+0x1/0x2');
  });

  it('keeps frames before a stamp', () => {
    const glued = 'do_wait+0x1/0x2 [  12.345678] schedule+0x1/0x2';
    expect(stripLine(glued).content).toBe(glued);
  });

  it('reads the equals signs of quoted-printable', () => {
    expect(stripLine('=3D=3D> 7/stack <=3D=3D').content).toBe('==> 7/stack <==');
  });

  it('keeps addresses', () => {
    expect(stripLine(' [<0>] do_wait+0x1f/0x30').content).toBe('[<0>] do_wait+0x1f/0x30');
    expect(stripLine('[c000000049a87880] [c00000000138d5ec] schedule+0x1/0x2').content).toMatch(/^\[c0/);
  });

  it('tells the caller', () => {
    expect(stripLine('[ 1.234567][ T1307] x').caller).toBe('T1307');
  });
});

describe('lines', () => {
  it('takes both line ends, and a last line without one', () => {
    expect([...lines('a\r\nb\n\nc')]).toEqual(['a', 'b', '', 'c']);
    expect([...lines('')]).toEqual([]);
  });
});
