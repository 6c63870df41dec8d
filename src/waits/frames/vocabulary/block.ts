import { either, event, family, taker, type Vocabulary, wait } from '../rule.ts';

/** block/: requests, tags, queues, throttles. */
export const block = (): Vocabulary => [
  wait(
    'block-io',
    'block I/O that the device has not completed',
    `submit_bio_wait bio_await blkdev_issue_*
    blkdev_direct_IO* dio_await_* do_blockdev_direct_IO do_direct_IO iomap_dio_* blk_wait_io
    blk_execute_rq* iomap_read_page_sync iomap_read_folio_sync swap_readpage swap_read_folio* swap_writepage
    blkdev_read_iter wait_for_device_probe dio_complete bio_wait_* blkdev_bio_end_io* submit_one_bio wait_on_sync_*`,
  ),
  wait(
    'block-io',
    'the partition table of a block device to be read',
    'read_part_sector read_lba scsi_bios_ptable scsi_partsize',
    { pages: 'anywhere' },
  ),
  event(
    'block-io',
    'a block of metadata to be read or written (buffer)',
    `wait_on_buffer lock_buffer bread*
    bh_read* bh_uptodate_or_lock sync_buffer sync_dirty_buffer write_dirty_buffer ll_rw_block wait_on_all_buffers
    block_write_begin* block_read_full_* invalidate_bh_lrus*`,
  ),
  wait(
    'blk-tag',
    'a free request tag of a block device (its queue is full, or its requests do not complete)',
    `blk_mq_get_tag
    bt_get blk_mq_get_request get_request get_request_wait blk_get_request blk_mq_alloc_request*
    blk_alloc_request sbitmap_queue_* sbq_* blk_mq_mark_tag_wait`,
  ),
  wait(
    'blk-freeze',
    'a block queue to be frozen: one of its requests does not complete',
    `blk_mq_freeze_queue*
    blk_freeze_queue* blk_mq_quiesce* elevator_change elevator_switch* elevator_disable elv_iosched_* blk_mq_update_nr*
    queue_limits_commit_update_frozen blk_mq_wait_quiesce* blk_mq_tagset_wait_* blk_mq_destroy_queue blk_cleanup_queue
    blk_sync_queue blk_drain_queue`,
  ),
  wait(
    'blk-freeze',
    'a block queue that somebody has frozen, or whose device is suspended',
    `blk_queue_enter bio_queue_enter
    blk_mq_queue_enter blk_try_enter_queue`,
  ),
  wait(
    'wbt',
    "the block layer's throttling of writes (a slow or stuck device)",
    `wbt_wait
    rq_qos_*`,
  ),
  wait(
    'block-io',
    "a cgroup's I/O limit (io.latency, io.cost, io.max)",
    `blkcg_iolatency_throttle ioc_rqos_throttle
    blkcg_maybe_throttle_* blkcg_schedule_throttle blk_throtl_* iolatency_*`,
    { killable: false },
  ),
  wait(
    'writeback-throttle',
    'dirty pages to be written: writers are slowed to what the storage takes',
    `balance_dirty_pages*
    throttle_vm_writeout`,
    { killable: true, pages: 'adjacent' },
  ),
  wait(
    'page-writeback',
    'the flusher to write back a file system (sync, umount)',
    `wb_wait_for_completion wb_wait_completion
    sync_inodes_sb writeback_inodes_sb* try_to_writeback_inodes_sb inode_wait_for_writeback inode_sleep_on_writeback
    wait_sb_inodes bdi_sched_wait bdi_split_work_to_wbs sync_bdevs sync_blockdev wb_shutdown bdi_unregister cgroup_writeback_umount
    bdi_wb_shutdown fsync_bdev bdi_queue_work writeback_single_inode write_inode_now`,
    { killable: false },
  ),
  taker(
    'block-io',
    'the lock of a block device, held by an open, close or partition scan',
    `blkdev_get* blkdev_put*
    bdev_open* bdev_release bd_prepare_to_claim blkdev_open blkdev_release blkdev_close bdev_disk_changed disk_scan_partitions bdev_mark_dead
    del_gendisk disk_events* blkdev_common_ioctl lookup_bdev bd_start_claiming disk_block_events disk_clear_events disk_check_*`,
  ),
  family(
    'block-io',
    'the block layer',
    `submit_bio* generic_make_request* blkdev_* blk_* bio_* elv_* kblockd_*
    disk_* bdev_* bd_* add_disk device_add_disk rescan_partitions`,
  ),
  either(
    'aio',
    'asynchronous I/O to complete (io_getevents)',
    'read_events do_io_getevents sys_io_getevents sys_io_pgetevents',
  ),
  wait(
    'aio',
    'asynchronous I/O in flight, which an exiting process must wait for',
    'exit_aio kill_ioctx wait_for_all_aios sys_io_destroy sys_io_cancel',
    {
      killable: false,
    },
  ),
  family('aio', 'asynchronous I/O (aio)', 'aio_* io_submit_one sys_io_submit'),
];
