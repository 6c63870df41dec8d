import { main, type Vocabulary } from '../rule.ts';

/** Main loops of kernel threads: asleep in them, directly, a thread has nothing to do. */
export const kthreads = (): Vocabulary => [
  main(
    'kthread-idle',
    'work (an idle kernel thread)',
    `kthreadd worker_thread rescuer_thread smpboot_thread_fn kswapd kswapd_try_to_sleep
    kcompactd khugepaged khugepaged_wait_work ksm_scan_thread ksmd kjournald kjournald2 kauditd_thread oom_reaper oom_reaper_* hwrng_fillfn devtmpfsd devtmpfs_work_loop
    irq_thread irq_wait_for_interrupt irq_thread_* migration_thread cpu_stopper_thread kthread_worker_fn scsi_error_handler md_thread hub_thread xfsaild
    transaction_kthread cleaner_kthread svc_recv svc_get_next_xprt svc_wait_for_* watchdog watchdog_thread khungtaskd psi_rtpoll_worker psi_poll_worker napi_threaded_poll* vhost_worker vhost_task_fn
    vhost_run_work_list txg_thread_wait txg_quiesce_thread taskq_thread l2arc_feed_thread zthr_procedure zthr_wait_* dbuf_evict_thread mmp_thread arc_reap_* spl_taskq_*
    kmmpd ext4_lazyinit_thread bch_allocator_thread bch_gc_thread bch_writeback_thread cifs_demultiplex_thread audit_prune_tree_thread
    rcu_gp_kthread rcu_gp_fqs_loop rcu_nocb_gp_kthread rcu_nocb_cb_kthread rcu_nocb_cb_wait nocb_gp_wait nocb_cb_wait rcu_tasks_kthread rcu_tasks_one_gp rcu_boost_kthread rcu_cpu_kthread rcu_bh_* rcu_spawn_* rcu_torture_*
    kthread_parkme* kpsmoused hvc_thread khvcd ksgxd ecryptfs_threadfn ubi_thread jfs_lazycommit jfs_sync jfsIOWait loop_thread bdi_forker_thread bdi_writeback_thread 
    pdflush nfs4_callback_svc nfs41_callback_svc netconsole_thread pktgen_thread_worker rtl_thread kdamond_fn damon_* scrub_thread iscsi_target_tx_thread iscsi_target_rx_thread mmc_queue_thread kaluad cpufreq_interactive_*
    sugov_work sync_supers events_thread xenwatch_thread xenbus_thread tipc_worker `,
  ),
];
