import { fact } from '../waits/facts.ts';
import { edge, thing } from '../waits/nodes.ts';
import { memoryHolders } from '../waits/objects/memory-lock.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'cmdline-unreadable',
  family: 'hostile',
  title: 'Reading its command line blocks',
  find: (blame) => {
    const { evidence, target } = blame;
    const outcome = target.cmdlineOutcome;
    if (outcome?.kind !== 'blocked') return [];
    const holders = memoryHolders(evidence, target);
    const holder = holders[0];
    const path = `${target.dir}/cmdline`;
    const silence = fact(
      path,
      '',
      `did not answer within ${outcome.afterMs} ms${outcome.readerWchan === undefined ? '' : `; its reader slept in ${outcome.readerWchan}`}`,
    );
    const lock = thing('lock', `mmap_lock:${target.pid}`, `mmap_lock of ${target.pid}`);
    const how = 'cmdline is read under mmap_lock, and somebody holds it';
    const first = edge(blame.node, lock, 'cannot be read before', lock.name, how, [silence]);
    const chain =
      holder === undefined
        ? [first]
        : [first, edge(lock, holder.node, 'held by', lock.name, holder.how, holder.facts, 'likely')];
    return [
      {
        severity: 'warning',
        confidence: holder === undefined ? 'likely' : 'certain',
        because: how,
        title: `its command line cannot be read${holder === undefined ? '' : `: ${holder.process.pid} ${holder.process.comm} holds its memory`}`,
        summary: `Reading ${path} of ${target.comm} does not come back: ps, pgrep, pidof and top hang on this process.`,
        culprit: holder?.node ?? blame.node,
        chain,
        facts: [silence, ...(holder?.facts ?? [])],
        weight: 1,
        remedies: [
          {
            command: `procdiag inspect ${holder?.process.pid ?? target.pid}`,
            effect: 'shows what holds the memory',
            risk: 'none: reads only',
          },
          advice(
            'Do not use ps -f, pgrep -f or pidof on this host until it is over; `ps -eo pid,stat,comm` may work.',
          ),
        ],
      },
    ];
  },
  explanation: {
    meaning:
      "`/proc/PID/cmdline` is read from the process's own memory and needs its mmap_lock. Somebody " +
      "holds that lock and cannot go on (a fault on a dead FUSE or network mount, or a debugger's " +
      'read of such memory), and one of its threads queues as writer: each later reader of ' +
      '`cmdline`, `environ`, `smaps_rollup` sleeps in killable D, so `ps -ef`, `pgrep`, `pidof` and ' +
      'monitoring agents hang on this host. The culprit is what the holder of the lock waits for. ' +
      'SIGKILL ends the waiting readers and the waiting threads, not the holder. A process stuck ' +
      'inside execve is another thing: there `cmdline` is empty at once, and `stack`, `syscall`, ' +
      '`environ` block; on 6.12 and 6.18 `stat`, `wchan`, `exe` and the fd links as well, on 7.2 ' +
      'nothing.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/cmdline`: no answer: mmap_lock. `cat /proc/PID/status` ' +
        'answers always.',
      '`timeout -s KILL 2 cat /proc/PID/stat`: an answer: not stuck in execve (6.12, 6.18).',
      '`timeout -s KILL 5 cat /proc/PID/task/*/stack` (root): a writer in `vm_mmap_pgoff` or alike, ' +
        'a holder in `filemap_fault`.',
      '`timeout -s KILL 5 grep -s . /proc/[0-9]*/wchan | grep -E ' +
        "'access_remote_vm|filemap_fault|m_start|smaps'`: the hanging readers (`__access_remote_vm`), " +
        'and the holder, which may be another process (5.10: always 0; the stacks as root).',
    ],
    resolves: [
      'Fix what the holder waits for: continue or restart the FUSE daemon, bring back the server. ' +
        'Everything goes on at once.',
      '`echo 1 > /sys/fs/fuse/connections/N/abort`, when the memory is on FUSE: its mappings get ' +
        'errors (SIGBUS).',
      '`kill -KILL` of the hanging `ps` and agents: they are killable.',
    ],
    doesNot: [
      '`kill -9` of the holder: it is in unkillable D.',
      'Restarting the monitoring: the next reader hangs as well.',
      '`ps`, `pgrep -f`, `pidof`, `killall`: they read it, too (`top -b` and `lsof -p` did not ' +
        'hang, tried on 6.18).',
    ],
    lookAlikes: [
      'Empty at once: a zombie, a process in exit or in execve, a kernel thread, or arguments that ' +
        'lie on a page of a dead FUSE mount: no hang.',
      'A moment of contention of a large program that maps much: answers within milliseconds.',
    ],
    sources: [
      'proc(5) (cmdline, environ, smaps), Documentation/mm/process_addrs.rst',
      'fs/proc/base.c (get_mm_cmdline), mm/memory.c (__access_remote_vm)',
    ],
  },
});
