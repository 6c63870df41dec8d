import { describe, expect } from 'vitest';
import { playScene } from './on-stage.ts';

const SIGINT = 2;
const SIGTERM = 15;
const PGRP = 5;
const TTY = 7;
const TPGID = 8;
const UTIME = 14;
const STIME = 15;

describe('scenes of busy processes', () => {
  playScene('busy-user', async ({ actor }) => {
    const process = actor('process');
    await expect.poll(() => process.stat(UTIME)).toBeGreaterThan(20);
    expect(process.stat(STIME)).toBeLessThan(process.stat(UTIME) / 2);
  });

  playScene('busy-sys', async ({ actor }) => {
    const process = actor('process');
    await expect.poll(() => process.stat(STIME)).toBeGreaterThan(20);
    expect(process.stat(UTIME)).toBeLessThan(process.stat(STIME) / 2);
  });
});

describe('scenes of signals and terminals', () => {
  playScene('sigint-ignored', ({ actor }) => {
    expect(actor('process').has('SigIgn', SIGINT)).toBe(true);
    expect(actor('process').has('SigIgn', SIGTERM)).toBe(false);
  });

  playScene('sigterm-blocked-pending', ({ actor }) => {
    const process = actor('process');
    expect(process.has('SigBlk', SIGTERM)).toBe(true);
    expect(process.has('ShdPnd', SIGTERM)).toBe(true);
    expect([...process.descriptors.values()]).not.toContain('anon_inode:[signalfd]');
  });

  playScene('signalfd', ({ actor }) => {
    const process = actor('process');
    expect(process.has('SigBlk', SIGTERM)).toBe(true);
    expect(process.has('SigCgt', SIGTERM)).toBe(false);
    expect(process.descriptors.get(process.args[0] ?? -1)).toBe('anon_inode:[signalfd]');
    expect(process.read(`fdinfo/${process.args[0]}`)).toMatch(/^sigmask:\t0000000000004000$/m);
  });

  playScene('no-terminal', ({ actor }) => {
    const job = actor('job');
    expect(job.stat(TTY)).toBe(0);
    expect([...job.descriptors.values()].some((target) => target.startsWith('/dev/pts/'))).toBe(true);
  });

  playScene('not-foreground', ({ actor }) => {
    const job = actor('job');
    expect(job.state).toBe('S');
    expect(job.stat(TTY)).not.toBe(0);
    expect(job.stat(PGRP)).not.toBe(job.stat(TPGID));
  });

  playScene('tty-flow-stopped', ({ actor }) => {
    const writer = actor('writer');
    expect(writer.frames).toMatch(/n_tty_write|wait_woken/);
    expect(writer.descriptors.get(writer.args[0] ?? -1)).toMatch(/^\/dev\/pts\//);
    // The other side reads: it is the stopped flow, not a full buffer.
    expect(actor('terminal').frames).toMatch(/n_tty_read|wait_woken/);
  });
});
