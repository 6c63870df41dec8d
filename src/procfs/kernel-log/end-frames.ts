/**
 * Where a stack ends: kernel entry code. /proc/PID/stack files pasted (or `cat`ed with a wildcard) one after another have
 * nothing else between them.
 */
const END =
  /^(?:entry_SYSCALL_\w+|entry_SYSENTER_\w+|entry_INT80\w*|ret_from_fork\w*|ret_from_kernel_thread|ret_from_except\w*|ret_fast_syscall|ret_from_syscall\w*|ret_to_user|system_call\w*|syscall_return|syscall_common|sysenter_\w+|kernel_thread_helper|child_rip|el0\w*|do_el0_svc|handle_syscall|handle_exception|ret_from_exception|do_trap_ecall_u|__dabt_usr|__pabt_usr|kernel_thread_starter|tracesys\w*|int_signal|stub_\w+)$/;

/**
 * Exceptions of user mode end a stack as well; but in the middle of one (a fault in copy_from_user()) the system call's
 * frames follow.
 */
const EXCEPTION =
  /^(?:asm_exc_\w+|page_fault|async_page_fault|do_page_fault|el0_da|kvm_exc_entry|ret_from_exception)$/;
/** Between the last function of the kernel's own and user mode. */
const ENTRY =
  /^(?:do_syscall_64|do_fast_syscall_32|do_int80_\w+|__do_fast_syscall_32|x64_sys_call|invoke_syscall|el0\w*|do_el0_svc|do_syscall|__do_syscall|system_call_exception|kthread|0x[0-9a-f]+)$/;

/** True for functions that are the outermost of a stack, or nearly so. */
export function isEndFrame(name: string): boolean {
  return END.test(name);
}

/** True where an empty line behind this frame surely ends the stack. */
export function mayEndHere(name: string): boolean {
  return END.test(name) || EXCEPTION.test(name);
}

/** True for functions that each stack has at its outer end, and that say nothing. */
export function isEntryFrame(name: string): boolean {
  return END.test(name) || ENTRY.test(name);
}
