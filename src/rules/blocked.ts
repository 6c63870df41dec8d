/**
 * Causes that hold up a task inside the kernel, and are told as a part of the story of who waits for that task by its very
 * nature: its tracer, the parent of a zombie, the init of a namespace that ends.
 */
export const BLOCKED: readonly string[] = [
  'd-block-io',
  'd-fs-frozen',
  'd-vfork-wait',
  'd-lock-contention',
  'd-network-fs',
  'd-driver',
  'd-kernel-other',
  'fuse-wait',
  'autofs-wait',
  'fanotify-wait',
  'userfaultfd-wait',
  'seccomp-notify-wait',
  'coredump-wait',
];
