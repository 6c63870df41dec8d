import { event, family, idle, type Vocabulary, wait } from '../rule.ts';

/** mm/: reclaim, throttles, faults served by somebody. */
export const memory = (): Vocabulary => [
  wait(
    'reclaim',
    'memory: reclaim waits for pages to be written or freed',
    `shrink_* try_to_free_pages do_try_to_free_pages
    throttle_direct_reclaim too_many_isolated alloc_pages_slowpath
    alloc_pages_direct_* balance_pgdat node_reclaim zone_reclaim out_of_memory oom_kill_process do_shrink_slab reclaim_*
    evict_folios lru_gen_* kcompactd_do_work cma_alloc* alloc_contig_* compact_zone* compact_node* try_to_compact_pages drain_all_pages pageout isolate_lru_*
    mempool_alloc* unregister_shrinker shrinker_free register_shrinker prealloc_shrinker mem_cgroup_shrink_*`,
    { pages: 'adjacent' },
  ),
  event('reclaim', 'storage to be less congested', 'congestion_wait blk_congestion_wait wait_iff_congested'),
  wait(
    'memcg-throttle',
    'its memory cgroup: throttled above memory.high, or out of memory',
    `mem_cgroup_handle_over_high
    mem_cgroup_out_of_memory mem_cgroup_oom mem_cgroup_oom_* try_charge* mem_cgroup_charge*
    memory_high_write memory_max_write mem_cgroup_resize_* mem_cgroup_force_empty`,
    { killable: true },
  ),
  family('memcg-throttle', 'memory cgroups', 'mem_cgroup_* memcg_*'),
  wait(
    'userfaultfd',
    'a page that a user-space pager must bring (userfaultfd)',
    'handle_userfault userfaultfd_wait*',
    { killable: true },
  ),
  idle(
    'userfaultfd',
    'page faults to serve (an idle pager)',
    'userfaultfd_read userfaultfd_ctx_read userfaultfd_read_iter',
  ),
  family('userfaultfd', 'userfaultfd', 'userfaultfd_* mfill_atomic* mcopy_atomic*'),
  event(
    'block-io',
    'swap space to be read',
    'swapin_readahead swap_cluster_readahead swap_vma_readahead read_swap_cache_async',
  ),
  wait('reclaim', 'pages to move out of swap (swapoff)', 'try_to_unuse_* sys_swapoff unuse_*'),
  wait('page-lock', 'huge page faults on the same file', 'hugetlb_*', {
    lock: 'mutex',
  }),
];
