/**
 * A per-CPU rw-semaphore stands before each write to a file system (sb_start_write(), mostly inlined) and is held by whoever
 * froze it. These are the functions that take it. Other such semaphores: cgroup_threadgroup_rwsem, cpu_hotplug_lock,
 * dup_mmap_sem.
 */
const WRITERS =
  /^(?:vfs_(?:write|iter_write|iocb_iter_write|fallocate|copy_file_range|clone_file_range|dedupe\w*|truncate|tmpfile)|do_(?:iter_write|writev|iter_readv_writev|truncate|sys_truncate|sys_ftruncate|ftruncate|mkdirat|mknodat|rmdir|unlinkat|renameat2|linkat|symlinkat|splice_\w+|sendfile|fchownat|utimes_\w+|open|open_execat|page_mkwrite|wp_page|shared_fault|mq_open|tmpfile)|(?:iter_file|generic_file|direct)_splice_\w+|filename_\w+|path_openat|path_setxattr\w*|path_removexattr\w*|open_last_lookups|last_open|touch_atime|file_update_time\w*|file_remove_privs|file_modified\w*|chmod_common|chown_common|utimes_common|setxattr|ksys_f(?:chown|allocate)|(?:ext4|xfs|btrfs|f2fs|filemap|iomap|block|ocfs2|gfs2|nilfs)_\w*page_mkwrite|filemap_page_mkwrite|xfs_(?:trans_alloc\w*|free_eofblocks|inactive\w*|file_\w+)|ext4_(?:journal_start_sb|file_\w+|evict_inode|da_\w+)|start_transaction|btrfs_(?:start_transaction\w*|file_write_iter|clone\w*|ioctl\w*)|aio_write|io_write|ovl_want_write|ovl_\w+|lo_\w+|nfsd\w*|cachefiles_\w+|acct_\w+|do_acct_process|fileattr_set|vfs_fileattr_set|sys_f?(?:setxattr|removexattr|chown|chmod|allocate|truncate)|evict|mnt_want_write\w*|kiocb_start_write|file_start_write|sb_start_\w+|generic_file_write_iter|bdev_\w*freeze)$/;

/** True for a function that writes to a file system, or wants to. */
export function writesToFs(name: string): boolean {
  return WRITERS.test(name);
}
