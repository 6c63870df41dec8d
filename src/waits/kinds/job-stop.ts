import { ttyName } from '../../procfs/stat.ts';
import { fact, pointFacts } from '../facts.ts';
import { edge, thing } from '../nodes.ts';
import { type Resolver, waitOf } from '../wait.ts';

const SIGTTIN = 21;
const SIGTTOU = 22;

/** Signals that stop a process, by number (x86 and arm: signal(7)). */
export const STOP_SIGNALS: ReadonlyMap<number, string> = new Map([
  [19, 'SIGSTOP'],
  [20, 'SIGTSTP'],
  [SIGTTIN, 'SIGTTIN'],
  [SIGTTOU, 'SIGTTOU'],
]);

/** Stopped by a signal (`T`): SIGSTOP and SIGTSTP, or the terminal's SIGTTIN and SIGTTOU. */
export const jobStop: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state !== 'T') return undefined;
  const stat = process.stat;
  const facts = pointFacts(evidence, thread);
  // The stop's signal is in the process's own stat only (from 6.1 on), until a parent collects it with WUNTRACED.
  const code = stat?.exitCode ?? 0;
  const background = stat !== undefined && stat.ttyNr !== 0 && stat.tpgid > 0 && stat.pgrp !== stat.tpgid;
  const atTerminal =
    code === SIGTTIN || code === SIGTTOU || (code === 0 && background && inTerminalCall(thread.syscallName));
  if (stat !== undefined && background && atTerminal) {
    const tty = ttyName(stat.ttyNr) ?? `tty ${stat.ttyNr}`;
    const line = evidence.world.text(`${process.dir}/stat`)?.trimEnd();
    const says = `group ${stat.pgrp}, terminal's foreground group ${stat.tpgid}, exit_code ${code}`;
    const foreground = { ...thing('terminal', tty, tty), pid: stat.tpgid };
    const reads = code === SIGTTIN || thread.syscallName === 'read';
    const how = `a background process that ${reads ? 'reads from' : 'writes to'} its terminal is stopped by ${reads ? 'SIGTTIN' : 'SIGTTOU'}`;
    return waitOf(context, {
      kind: 'stopped-tty',
      point: `stopped by ${reads ? 'SIGTTIN' : 'SIGTTOU'} at ${tty}`,
      killable: true,
      facts: [...facts, ...(line === undefined ? [] : [fact(`${process.dir}/stat`, line, says)])],
      detail: { tty, foreground: stat.tpgid, signal: reads ? 'SIGTTIN' : 'SIGTTOU' },
      hops: [{ edges: [edge(node, foreground, 'in the background of', tty, how, [])] }],
    });
  }
  // What stopped it is told to none but those who may trace it: its terminal may have.
  const signal = STOP_SIGNALS.get(code) ?? 'a stop signal';
  return waitOf(context, {
    kind: 'stopped',
    point: `stopped by ${signal}`,
    facts,
    killable: true,
    detail: {
      signal,
      ...(background && !stat.isTold ? { tty: ttyName(stat.ttyNr) ?? `tty ${stat.ttyNr}` } : {}),
    },
  });
};

const inTerminalCall = (name: string | undefined) =>
  name !== undefined && /^(?:read|readv|write|writev|ioctl)$/.test(name);
