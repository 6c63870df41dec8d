import { describe, expect } from 'vitest';
import { playScene } from './on-stage.ts';

const PGRP = 5;
const TTY = 7;
const TPGID = 8;
const EXIT_CODE = 52;

describe('scenes of stopped processes', () => {
  playScene('sigstop', ({ actor }) => {
    expect(actor('process').state).toBe('T');
    expect(actor('process').number('TracerPid')).toBe(0);
    expect(actor('process').stat(EXIT_CODE)).toBe(19);
  });

  for (const [name, signal] of [
    ['sigttin', 21],
    ['sigttou', 22],
  ] as const) {
    playScene(name, ({ actor }) => {
      const [job, shell] = [actor('job'), actor('shell')];
      expect(job.state).toBe('T');
      expect(job.stat(EXIT_CODE)).toBe(signal);
      expect(job.stat(TTY)).not.toBe(0);
      expect(job.stat(TPGID)).toBe(shell.pid);
      expect(job.stat(PGRP)).toBe(job.pid);
      expect(job.descriptors.get(job.args[0] ?? -1)).toMatch(/^\/dev\/pts\//);
    });
  }

  for (const name of ['wait4-on-stopped-child', 'waitid-pidfd-on-stopped-child']) {
    playScene(name, ({ actor }) => {
      const [parent, child] = [actor('parent'), actor('child')];
      expect(child.state).toBe('T');
      expect(child.number('PPid')).toBe(parent.pid);
      expect(parent.state).toBe('S');
      expect(parent.frames).toContain('do_wait');
      if (name === 'wait4-on-stopped-child') {
        expect(parent.args[0]).toBe(child.pid);
      } else {
        const [type, fd] = parent.args;
        expect(type).toBe(3); // P_PIDFD
        expect(parent.descriptors.get(fd ?? -1)).toMatch(/pidfd/);
        expect(parent.read(`fdinfo/${fd}`)).toMatch(new RegExp(`^Pid:\t${child.pid}$`, 'm'));
      }
    });
  }
});
