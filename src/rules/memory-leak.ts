import { rule } from './rule.ts';

export default rule({
  id: 'memory-leak',
  family: 'leak',
  title: 'Takes ever more memory from the kernel and does not give it back',
  explanation: {
    meaning:
      'A process asks for memory, by mmap or by moving the end of its heap (brk), and gives less of it back than it takes, all ' +
      'the time. What is written to becomes resident (RSS); when the limit of the cgroup or the memory of the host is reached, ' +
      'pages are swapped or dropped, everything gets slow, and at last the OOM killer sends SIGKILL to somebody, often not to ' +
      'the culprit. System calls tell the process, the sizes and the rate, not the object: allocators take memory in pieces and ' +
      'give it out themselves. Mappings of files that stay count too: a process may have 65530 mappings (vm.max_map_count), ' +
      'after which mmap fails with ENOMEM though memory is free. Stacks of threads that ended stay, when nobody joins them.',
    byHand: [
      '`grep -E "^(VmRSS|RssAnon|VmData)" /proc/PID/status`, twice, some minutes apart: RssAnon is what the program wrote to.',
      '`wc -l /proc/PID/maps`, twice: the number of mappings; `pmap -x PID | sort -k3 -n | tail` shows the largest.',
      '`procdiag trace PID --duration 60`: how much it maps and unmaps, in which sizes, at which rate.',
      '`cat /sys/fs/cgroup/…/memory.current /sys/fs/cgroup/…/memory.events`: how far it is to the limit, and whether it was hit.',
    ],
    resolves: [
      'Find who holds it: heaptrack or valgrind, jemalloc or tcmalloc with profiling, tracemalloc (Python), two heap snapshots ' +
        'compared (Node), pprof (Go); then free it, or bound the cache, queue or map that grows.',
      'Join threads (`pthread_join`) or detach them: else the stack of each that ended stays mapped.',
      'Restart the process: all of its memory is given back. A limit (memory.max) keeps it from taking others with it.',
    ],
    doesNot: [
      'Dropping the page cache (`echo 3 > /proc/sys/vm/drop_caches`): that is not memory of the process.',
      'Swap: it takes longer, and ends the same way.',
      'Raising vm.max_map_count, where it is mappings that leak.',
    ],
    lookAlikes: [
      'A cache or heap that fills: it grows ever more slowly, and stops. Watch it longer than it takes to fill.',
      'A task that is not done: a compiler, a sort, an import of data needs more and more until its end.',
      'Fragmentation: malloc keeps what was freed; RSS stays high and does not grow on.',
      'A collector of garbage that has not run yet: a saw-tooth, whose lows do not rise.',
    ],
    sources: [
      'mmap(2), brk(2), mremap(2), pthread_detach(3), proc(5) (status, maps)',
      'kernel: Documentation/admin-guide/sysctl/vm.rst (max_map_count)',
    ],
  },
});
