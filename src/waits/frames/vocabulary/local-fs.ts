import { either, family, type Vocabulary, wait } from '../rule.ts';

/** fs/: file systems on local storage, and what lies over them. */
export const localFs = (): Vocabulary => [
  wait(
    'jbd2',
    'the journal to commit a transaction',
    `jbd2_log_wait_commit log_wait_commit jbd2_complete_transaction
    jbd2_journal_force_commit* jbd2_fc_* journal_force_commit* ext4_force_commit jbd2_might_wait_for_commit jbd2_log_do_checkpoint
    log_wait_for_space`,
  ),
  wait(
    'jbd2',
    "the journal's running transaction, which is locked for its commit or full",
    `wait_transaction_locked
    wait_transaction_switching start_this_handle add_transaction_credits jbd2_journal_start* jbd2_start* jbd2_journal_restart*
    jbd2_log_wait_for_space do_get_write_access jbd2_journal_get_write_access journal_start* journal_get_* ext4_journal_start* ext4_journal_check_start`,
  ),
  family('jbd2', "the file system's journal (jbd2)", 'jbd2_* jbd_* journal_* kjournald* do_get_write_*'),
  family('ext4', 'ext4', 'ext4_* ext3_* ext2_* mb_cache_*'),
  wait(
    'xfs-log',
    'space in, or a write of, the XFS log',
    `xlog_* xfs_log_*
    xfs_trans_ail_* xfs_ail_push* xfsaild_*`,
  ),
  wait(
    'xfs',
    'a metadata buffer of XFS to be read, written or unlocked',
    `xfs_bwrite xfs_wait_buftarg xfs_buftarg_* xfs_buf_*`,
  ),
  wait(
    'xfs',
    'inodes of XFS to be flushed or inactivated',
    'xfs_iflush* xfs_reclaim_inode* xfs_inodegc_* xfs_iunpin_wait* xfs_iwait*',
  ),
  family('xfs', 'XFS', 'xfs_* kxfs_*'),
  wait(
    'btrfs',
    'the commit of a btrfs transaction',
    `wait_current_trans* wait_for_commit
    btrfs_wait_for_commit join_transaction start_transaction btrfs_attach_transaction* btrfs_commit_* btrfs_throttle btrfs_wait_tree_*`,
  ),
  wait(
    'btrfs',
    'an extent or its tree lock in btrfs',
    `lock_extent* btrfs_lock_extent* wait_extent_bit extent_lock_*
    btrfs_tree_lock* btrfs_tree_read_lock* btrfs_start_ordered_* btrfs_wait_ordered_* btrfs_lock_and_flush_ordered_range
    wait_on_extent_buffer* extent_write_* lock_delalloc_folios lock_delalloc_pages`,
  ),
  wait(
    'btrfs',
    'a metadata block of btrfs to be read',
    'read_extent_buffer_pages* read_tree_block* btree_read_extent_buffer_pages* btrfs_read_extent_buffer*',
    { pages: 'adjacent' },
  ),
  wait(
    'btrfs',
    'space in btrfs (its space reservation)',
    `reserve_ticket* wait_reserve_ticket handle_reserve_ticket
    reserve_bytes reserve_metadata_bytes btrfs_reserve_* flush_space btrfs_async_reclaim_*`,
  ),
  family(
    'btrfs',
    'btrfs',
    `btrfs_* scrub_* cache_block_group caching_thread free_extent_buffer*
    load_free_space_* relocate_block_group find_free_extent* lock_stripe_* rbio_* async_cow_* submit_compressed_* lookup_inline_extent_*
    run_delayed_* commit_cowonly_* run_delalloc_*`,
  ),
  family(
    'f2fs',
    'f2fs (checkpoint, garbage collection or node pages)',
    `f2fs_* do_checkpoint issue_checkpoint* issue_discard_thread
    block_operations get_node_page* read_node_page* issue_flush_thread gc_thread_func do_write_page do_garbage_collect sync_node_pages sync_meta_pages`,
  ),
  wait(
    'quota',
    'a disk quota record',
    `dqget dqput dquot_* wait_on_dquot vfs_quota_* quota_* do_quotactl v2_read_* v2_write_* quotactl_*
    sys_quotactl* xfs_qm_dqget* xfs_dqlock* xfs_qm_dqflush* xfs_qm_dqpurge*`,
  ),
  family(
    'zfs',
    'ZFS',
    `zfs_* dmu_* txg_* spa_* zio_* zio dsl_* arc_* dbuf_* zil_* vdev_* zvol_* taskq_* zpl_* dnode_* rrw_* rrm_* zthr_*
    metaslab_* zap_lookup* zap_add* zap_update* zap_remove* zap_cursor* zap_lockdir* zfsdev_* range_lock* rangelock_* spl_* bpobj_*
    l2arc_* mmp_* zfsctl_* zfsvfs_* zcp_* traverse_* dva_* fzap_* mze_* kmem_cache_reap_* abd_* ddt_* cv_wait_io* multilist_*`,
  ),
  family('overlayfs', 'overlayfs (the file system below it answers for it)', 'ovl_*'),
  family('unknown', 'GFS2 and its cluster locks (DLM)', 'gfs2_* gdlm_* dlm_* inode_go_* glock_*'),
  family('unknown', 'OCFS2 and its cluster locks', 'ocfs2_* o2net_* o2hb_* dlmlock dlmconvert_* user_dlm_*'),
  family(
    'unknown',
    'ReiserFS',
    `reiserfs_* journal_begin journal_end journal_end_sync journal_join* journal_mark_* do_journal_end do_journal_begin_r
    flush_commit_list flush_journal_list write_ordered_buffers search_by_key`,
  ),
  family('unknown', 'bcachefs', 'bch2_*'),
  family('unknown', 'NTFS', 'ntfs_* ntfs3_* attr_* ni_* indx_*'),
  family(
    'unknown',
    'another local file system',
    `jfs_* tx_lock_* nilfs_* hfs_* hfsplus_* ubifs_* erofs_* squashfs_*
    fat_* vfat_* exfat_* udf_* isofs_* minix_* ufs_inode* ecryptfs_* aufs_*`,
  ),
  wait(
    'fsfreeze',
    'a frozen file system to be thawed (fsfreeze)',
    `sb_start_write* sb_start_pagefault sb_start_intwrite
    mnt_want_write* file_start_write sb_wait_write sb_freeze_* kiocb_start_write`,
    {
      killable: false,
    },
  ),
  wait(
    'fsfreeze',
    'a freeze or thaw of a file system',
    `freeze_super* thaw_super* freeze_bdev thaw_bdev ioctl_fsfreeze
    ioctl_fsthaw do_thaw_* emergency_thaw_* wait_for_partially_frozen fs_bdev_freeze fs_bdev_thaw freeze_inc freeze_dec vfs_fsfreeze`,
  ),
  either(
    'file-lock',
    'a file lock (flock, POSIX or lease) that another holds',
    `flock_lock_inode_wait fcntl_setlk*
    posix_lock_inode_wait posix_lock_file_wait flock_lock_file_wait do_lock_file_wait break_lease* locks_* sys_flock
    fcntl_setlease break_deleg* break_layout*`,
    { benign: false },
  ),
];
