/** Why a text without a kernel stack was refused, and what else it may be. One sentence. */
export function refusalFor(text: string): string {
  const head = text.slice(0, 64 * 1024);
  if (head.trim() === '') return 'the input is empty: no kernel stack in it';
  if (head.includes('\0')) return 'the input is binary: no kernel stack in it';
  if (/^goroutine \d{1,12} \[/m.test(head)) {
    return 'no kernel stack in the input: it looks like a Go goroutine dump';
  }
  if (/^(?:\[pid +\d+\] |\d+ +)?(?:[\d:.]+ )?\w{2,30}\(.{0,2000}\) += (?:-?\d|0x|\?)/m.test(head)) {
    return 'no kernel stack in the input: it looks like a system call trace (strace)';
  }
  return (
    'no kernel stack in the input: expected frames such as "[<0>] do_wait+0x1f/0x30" ' +
    '(/proc/PID/stack), hung-task reports, or the answer to sysrq-w or sysrq-t'
  );
}
