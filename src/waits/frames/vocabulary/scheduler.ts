import { event, pass, type Vocabulary } from '../rule.ts';

/** kernel/sched, kernel/time: what every sleeper goes through, and waits that say nothing of their reason. */
export const scheduler = (): Vocabulary => [
  pass(`schedule context_switch switch_to* preempt_schedule* schedule_preempt_disabled schedule_timeout*
    schedule_hrtimeout* schedule_debug thread_return finish_task_switch yield yield_to cond_resched* might_resched*
    rt_mutex_schedule schedule_rtlock do_sched_yield schedule_loop need_resched prepare_to_swait* prepare_to_wait*
    finish_wait finish_swait process_timeout default_wake_function autoremove_wake_function woken_wake_function wake_bit_function
    save_stack_trace* stack_trace_save* arch_stack_walk proc_pid_stack dump_stack* show_stack* sched_show_task
    dump_backtrace unwind_* trampoline_* mips_cpu_do_* arch_cpu_idle`),
  event(
    'block-io',
    'block I/O',
    'io_schedule* bit_wait_io* sleep_on_buffer sleep_on_page* blk_io_schedule wait_on_bit_io*',
  ),
  event(
    'unknown',
    'an event inside the kernel (a completion)',
    `wait_for_completion* wait_for_common* do_wait_for_common
    complete_wait* kthread_stop* kthread_park* swait_event* do_swait*`,
  ),
  event(
    'unknown',
    'a bit that other kernel code must clear',
    'wait_on_bit* out_of_line_wait_on_bit* bit_wait* wait_var_event*',
  ),
  event(
    'unknown',
    'an event inside the kernel (a wait queue)',
    `wait_woken do_wait_intr* wait_event* sleep_on sleep_on_timeout
    interruptible_sleep_on* closure_sync* cv_wait* cv_timedwait* spl_cv_*`,
  ),
  event(
    'unknown',
    'time to pass, in a retry loop of the kernel',
    `msleep* usleep_range* ssleep fsleep schedule_delay*`,
    { benign: true },
  ),
  event(
    'unknown',
    'a device that must be powered up first (runtime power management)',
    'rpm_resume rpm_suspend rpm_idle pm_runtime_* device_pm_wait_for_dev dpm_wait*',
  ),
  event(
    'unknown',
    'the users of a kernel object to let it go',
    'kernfs_drain* kernfs_remove* percpu_ref_* sysfs_remove* proc_entry_rundown remove_proc_*',
  ),
];
