import { lock, page, taker, type Vocabulary, wait } from '../rule.ts';

const INODE = 'the rw-semaphore of an inode (a file or directory that another task works on)';
const MMAP = 'the memory map lock (mmap_lock) of a process';

/** kernel/locking: the code of the locks themselves (hung-task traces show it; /proc/PID/stack of 5.11 and later does not). */
const code: Vocabulary = [
  lock(
    'mutex',
    'a kernel mutex',
    `mutex_lock* mutex_optimistic* ww_mutex_* rt_mutex_lock* rt_mutex_slow*
    rt_mutex_wait* rtlock_* rt_spin_* spin_lock_* rt_mutex_adjust* atomic_dec_and_mutex_lock task_blocks_on_rt_mutex`,
  ),
  lock(
    'rwsem',
    'an rw-semaphore of the kernel',
    `rwsem_* call_rwsem_* down_read* down_write* rwbase_* rt_down_* do_down_*
    ldsem_wait`,
  ),
  lock(
    'mutex',
    'a semaphore of the kernel',
    'down down_common down_interruptible down_killable down_timeout down_trylock',
  ),
  lock('percpu-rwsem', 'a per-CPU rw-semaphore of the kernel', 'percpu_rwsem_* percpu_down_* percpu_up_*'),
];

/** mm/filemap.c: pages and folios. */
const pages: Vocabulary = [
  page(
    'page-lock',
    'a page that is being read or worked on (page lock)',
    `lock_page* folio_lock* wait_on_page_locked*
    folio_wait_locked* wait_on_page_bit* folio_wait_bit* wait_on_page_read folio_put_wait_locked*
    put_and_wait_on_page_locked* migration_entry_wait* pmd_migration_entry_wait* softleaf_entry_wait* folio_wait_private_2*
    wait_on_page_private_2* wait_on_page_fscache* sync_page sync_page_killable sync_folio`,
  ),
  page(
    'page-writeback',
    'a page that is being written to its storage (writeback)',
    `wait_on_page_writeback*
    folio_wait_writeback* filemap_fdatawait* file_write_and_wait_range filemap_write_and_wait* folio_wait_stable
    wait_for_stable_page file_fdatawait_range
    end_page_writeback`,
  ),
  taker(
    'page-lock',
    'a page that is being read or worked on (page lock)',
    `filemap_fault filemap_get_pages filemap_read
    filemap_update_page filemap_read_folio filemap_read_page generic_file_buffered_read do_generic_file_read
    truncate_inode_pages* invalidate_inode_pages2* do_read_cache_page do_read_cache_folio
    mpage_prepare_extent_to_map write_cache_pages pagecache_get_page filemap_get_folio* find_lock_page* find_lock_entry
    generic_perform_write do_swap_page shmem_swapin* shmem_get_folio* shmem_getpage* truncate_pagecache* unmap_mapping_*
    grab_cache_page* writeback_iter folio_prepare_writeback mapping_read_folio_gfp read_cache_page* migrate_pages*
    unmap_and_move* split_huge_page* swap_read* page_mkclean* iomap_write_begin iomap_get_folio block_page_mkwrite`,
  ),
];

/** Functions which take an inode's rwsem (i_rwsem; before 4.7 the mutex i_mutex), by what they do to it. */
const inodes: Vocabulary = [
  taker(
    'rwsem',
    INODE,
    `filename_create filename_unlinkat filename_rmdir filename_mkdirat filename_renameat2 do_mkdirat
    do_rmdir do_unlinkat do_renameat2 do_linkat do_symlinkat do_mknodat path_openat do_last open_last_lookups lookup_slow
    lookup_open lookup_one* walk_component iterate_dir vfs_readdir start_dirop* start_creating* start_removing*
    simple_start_creating lock_rename* unlock_rename lock_two_nondirectories lock_two_inodes lock_two_directories notify_change chmod_common chown_common
    vfs_setxattr vfs_removexattr vfs_getxattr vfs_utimes do_truncate vfs_truncate vfs_fallocate vfs_unlink vfs_rmdir
    vfs_rename vfs_link generic_file_write_iter generic_file_llseek* generic_write_sync inode_lock* inode_trylock
    blkdev_write_iter blkdev_fallocate generic_file_aio_write block_llseek swap_inode* vfs_symlink vfs_create vfs_mknod
    d_add_ci ovl_dir_real_file ovl_real_fdget ovl_dir_fsync ovl_iterate* ovl_write_iter generic_remap_file_range_prep
    vfs_fileattr_set ioctl_setflags vfs_ioc_setflags_prepare dcache_dir_lseek dcache_readdir simple_rename
    lock_mount* do_lock_mount attach_recursive_mnt namespace_lock mnt_set_expiry debugfs_* simple_recursive_removal
    fuse_file_write_iter fuse_cache_write_iter fuse_direct_write_iter fuse_file_mmap_write ext4_file_write_iter
    ext4_buffered_write_iter ext4_dio_write_iter ext4_file_read_iter ext4_dio_read_iter ext4_dax_write_iter ext4_llseek
    ext4_fallocate xfs_ilock xfs_ilock_nowait xfs_ilock_for_iomap xfs_ilock_iocb* xfs_file_buffered_write
    xfs_file_buffered_aio_write xfs_file_dio_* xfs_file_buffered_read xfs_file_read_iter xfs_file_write_iter
    xfs_file_write_checks xfs_file_fallocate xfs_lock_two_inodes xfs_lock_inodes
    btrfs_inode_lock btrfs_file_write_iter btrfs_do_write_iter btrfs_buffered_write btrfs_direct_write btrfs_direct_read
    btrfs_sync_file btrfs_fallocate f2fs_file_write_iter f2fs_file_read_iter f2fs_fallocate nfs_start_io_* nfs_file_write
    ceph_start_io_* cifs_strict_writev netfs_start_io_* nfsd_lookup_dentry`,
  ),
  wait(
    'inode-lock',
    'an inode that is being removed or set up',
    `wait_on_freeing_inode wait_on_inode inode_wait find_inode
    find_inode_fast wait_on_new_inode ilookup5* iget_locked* iget5_locked*`,
  ),
  wait(
    'inode-lock',
    'another lookup of the same name in the same directory',
    'd_alloc_parallel d_wait_lookup*',
  ),
  wait('block-io', 'direct I/O in flight on the same inode', 'inode_dio_wait* inode_dio_finished'),
  taker(
    'rwsem',
    'the super block of a file system (s_umount), held by a mount, umount, freeze or sync',
    `super_lock*
    grab_super* iterate_supers* user_get_super get_active_super deactivate_super get_super* super_trylock* sget* super_wake
    super_cache_count sys_sync sync_filesystem path_umount do_umount`,
  ),
];

/** Functions which take a process's mmap_lock (before 5.8 mmap_sem). */
const memoryMaps: Vocabulary = [
  taker(
    'mmap-lock',
    MMAP,
    `mmap_read_lock* mmap_write_lock* vm_mmap_pgoff vm_mmap vm_munmap* vm_brk* do_mprotect_pkey
    do_madvise madvise_* lock_mm_and_find_vma lock_vma_under_rcu vma_start_write* vma_start_read* do_user_addr_fault
    do_page_fault do_translation_fault do_mem_abort do_sect_fault dup_mmap dup_mm copy_mm exit_mm
    exit_mmap access_remote_vm access_process_vm get_user_pages_* get_user_pages gup_* pin_user_pages* fault_in_*
    m_start m_next proc_pid_cmdline_read get_mm_cmdline get_cmdline environ_read show_smap* smaps_* smap_gather_stats
    pagemap_read clear_refs_write pid_numa_maps* proc_map_files_* map_files_* collapse_huge_page collapse_scan* collapse_single_pmd
    collapse_pte_mapped_thp khugepaged_scan_* hpage_collapse_scan* khugepaged_do_scan khugepaged_enter* mthp_collapse collapse_file ksm_* unmerge_and_remove_all_rmap_items break_ksm
    sys_brk sys_munmap sys_mmap sys_mmap_pgoff sys_mremap sys_mprotect sys_madvise sys_pkey_* do_mlock do_munlock
    sys_mlock* sys_munlock* sys_mincore do_mincore sys_msync sys_remap_file_pages sys_move_pages do_move_pages*
    do_migrate_pages do_mbind do_get_mempolicy kernel_mbind move_pages_* process_vm_rw* uprobe_* register_for_each_vma
    task_numa_work change_prot_numa try_to_unuse unuse_mm userfaultfd_register userfaultfd_unregister userfaultfd_api
    aio_setup_ring ldt_* write_ldt arch_setup_additional_pages setup_arg_pages acct_collect taskstats_exit xol_* prctl_set_mm* prctl_set_vma
    mm_populate populate_vma_page_range hmm_range_fault mmu_notifier_register mmu_notifier_unregister ib_umem_*
    do_shmat sys_shmdt mlockall* apply_mlockall_flags proc_task_mem elf_map set_brk io_uring_mmap_fault`,
  ),
];

export const locks = (): Vocabulary => [...code, ...pages, ...inodes, ...memoryMaps];
