import { either, event, family, idle, taker, type Vocabulary, wait } from '../rule.ts';

/** kernel/: RCU, workqueues, CPU hotplug, cgroups, modules, helpers. */
export const core = (): Vocabulary => [
  wait(
    'rcu',
    'an RCU grace period (a CPU or reader that does not let it end)',
    `synchronize_rcu* synchronize_srcu* synchronize_sched*
    wait_rcu_gp* rcu_barrier* srcu_barrier synchronize_net kvfree_rcu_barrier* exp_funnel_lock
    rcu_exp_wait* rcu_gp_wait* synchronize_shrinkers cond_synchronize_* rcu_sync_*
    synchronize_irq* tracepoint_synchronize_unregister rcu_exp_sel_wait_wake sync_rcu_* synchronize_hardirq`,
    { killable: false },
  ),
  family('rcu', 'RCU', 'rcu_* srcu_* kfree_rcu_*'),
  wait(
    'workqueue-flush',
    'work that is queued or running in a kernel worker',
    `flush_work* drain_workqueue
    cancel_delayed_work_sync cancel_work* lru_add_drain_all schedule_on_each_cpu destroy_workqueue
    kthread_flush_work* kthread_cancel_* flush_delayed_work flush_delayed_fput flush_scheduled_work work_on_cpu* start_flush_work
    wq_barrier_* flush_rcu_work kthread_destroy_worker flush_all_backlogs flush_backlog* disable_work_sync disable_delayed_work_sync
    task_work_cancel_sync* irq_work_sync`,
    { killable: false },
  ),
  event('workqueue-flush', 'asynchronous device probing', 'async_synchronize_*'),
  wait(
    'cpu-hotplug',
    'a CPU to come or go, or another CPU to run a stopper',
    `cpus_read_lock cpus_write_lock cpuhp_* cpu_hotplug_*
    get_online_cpus* put_online_cpus cpu_up cpu_down do_cpu_up do_cpu_down bringup_cpu takedown_cpu stop_machine* stop_one_cpu* stop_two_cpus stop_cpus*
    cpu_device_down cpu_subsys_online cpu_subsys_offline smp_call_on_cpu freeze_secondary_cpus sched_cpu_* affine_move_task
    try_online_node wait_for_ap_thread set_cpus_allowed_ptr* softlockup_* lockup_detector_reconfigure`,
  ),
  family('cpu-hotplug', 'CPU hotplug', 'cpuset_hotplug_* device_offline device_online online_store'),
  wait(
    'cgroup',
    'the cgroup lock, or a cgroup to empty',
    `cgroup_* cgroup1_* cgroup2_* proc_cgroup_show proc_cpuset_show cpuset_* css_*
    threadgroup_* cgroupfs_* cgroupstats_* proc_cgroupstats_show freezer_write freezer_change_state
    update_tasks_cpumask* blkcg_* pids_can_attach* cpu_cgroup_*`,
  ),
  wait(
    'freezer',
    'to be thawed (frozen by a suspend of the system or by its cgroup)',
    `refrigerator freezer_trap do_freezer_trap
    try_to_freeze* freezing_slow_path cgroup_enter_frozen cgroup_leave_frozen`,
    { benign: null },
  ),
  wait(
    'freezer',
    'all tasks to freeze, for a suspend',
    'try_to_freeze_tasks freeze_processes freeze_kernel_threads',
  ),
  wait(
    'module-load',
    'the load or unload of a kernel module',
    `load_module do_init_module init_module_from_file idempotent_init_module
    idempotent idempotent_wait* idempotent_complete sys_finit_module sys_init_module sys_delete_module free_module resolve_symbol_wait* finished_loading add_unformed_module
    try_stop_module wait_for_zero_refcount resolve_symbol do_free_init module_wq* module_patient_check_exists`,
  ),
  wait(
    'usermode-helper',
    'a helper program that the kernel started (modprobe, request-key …)',
    `call_usermodehelper* wait_for_helper
    request_module* request_key* construct_key* call_sbin_request_key complete_request_key wait_for_key_construction key_wait_* kmod_dup_request*
    nfsd4_umh_* nfsd4_cld_* umh_* try_then_request_module nfsd4_client_tracking_* wait_for_umh* usermodehelper_* firmware_* request_firmware*
    fw_load_sysfs_fallback`,
    { killable: null },
  ),
  wait(
    'unknown',
    'its other threads to die, before execve can go on',
    'de_thread begin_new_exec flush_old_exec',
    { killable: true },
  ),
  taker(
    'unknown',
    'the credential lock of a process that is in exec or being traced (cred_guard_mutex)',
    `mm_access proc_mem_open
    prepare_bprm_creds proc_pid_attr_write proc_pid_personality proc_pid_syscall lock_trace do_io_accounting seccomp_set_mode_filter
    proc_attr_* ns_get_path proc_ns_* proc_pid_get_link ptrace_may_access pidfd_getfd bprm_execve`,
  ),
  taker(
    'unknown',
    'the lock of a device in the driver core (a probe, removal or reset is under way)',
    `driver_attach device_lock* driver_probe_*
    device_release_driver* device_shutdown device_attach bus_* device_add device_del driver_detach device_driver_* sysfs_kf_* unbind_store bind_store device_links_* really_probe
    deferred_probe_* uevent_show dev_uevent device_unregister`,
  ),
  taker(
    'unknown',
    'the lock of an open file or its position',
    'fdget_pos f_unlock_pos f_lock_pos file_f_pos fget_pos sys_lseek',
  ),
  taker(
    'unknown',
    'the lock of a /proc, sysfs or debugfs file that another task is reading or writing',
    `seq_read* seq_lseek
    proc_reg_* kernfs_*`,
  ),
  taker('unknown', 'a lock of the audit subsystem, or its daemon', 'audit_* kauditd_* auditd_*'),
  taker(
    'unknown',
    'the lock of perf events',
    'perf_* swevent_* trace_* tracing_* ftrace_* event_function_call tracepoint_* bpf_* jump_label_* static_key_* kprobe_* text_poke_* smp_text_poke_*',
  ),
  either(
    'unknown',
    'the system call filter of a supervisor (seccomp notify)',
    'seccomp_do_user_notification',
    { benign: false },
  ),
  idle(
    'unknown',
    'system calls to decide (an idle seccomp supervisor)',
    'seccomp_notify_recv seccomp_notify_ioctl',
  ),
  family('unknown', 'ACPI firmware', 'acpi_* ec_*'),
  family(
    'unknown',
    'a crypto or hardware random number request',
    'crypto_* hwrng_* rng_* getrandom_wait* wait_for_random_bytes',
  ),
  family('unknown', 'printing to the kernel console', 'printk* vprintk* console_flush*'),
  family(
    'unknown',
    'power management of the system',
    'hibernate* pm_suspend* suspend_devices_* dpm_* pm_notifier* enter_state state_store',
  ),
];
