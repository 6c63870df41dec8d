const SYSCALL =
  /^(?:__(?:x64|ia32|arm64|arm|riscv|s390x?|loongarch|powerpc|se|do)_(?:compat_)?sys_|_{0,3}sys_|ksys_|SyS_|SYSC_|C_SYSC_|compat_SyS_|compat_sys_|__(?:ia32|se|do)_compat_sys_)/;

/**
 * One name for the spellings of a function: leading underscores go, and the system call entry points of all architectures
 * and ages (`__x64_sys_poll`, `__arm64_sys_poll`, `SyS_poll`, `ksys_read`) become `sys_NAME`.
 */
export function canonicalName(name: string): string {
  const call = SYSCALL.exec(name);
  if (call) return `sys_${name.slice(call[0].length)}`;
  let start = 0;
  while (name.charCodeAt(start) === 0x5f) start++;
  return start === 0 ? name : name.slice(start);
}
