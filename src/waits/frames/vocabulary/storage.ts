import { family, idle, taker, type Vocabulary, wait } from '../rule.ts';

/** drivers/md, nvme, nbd, loop, scsi …: what stands between a file system and the metal. */
export const storage = (): Vocabulary => [
  wait(
    'dm',
    'a device mapper table change or suspend, for its I/O to end',
    `dm_wait_for_completion dm_swap_table dm_suspend
    dm_sync_table dm_wait_for_bios_completion dm_wait_event dm_internal_suspend* lock_fs`,
  ),
  family(
    'dm',
    'a device mapper device',
    `dm_* map_bio crypt_* kcryptd* dmcrypt_write thin_* pool_map process_prepared*
    snapshot_* verity_* integrity_* multipath_* ctl_ioctl dev_suspend dev_remove dev_wait table_load do_resume clone_map mirror_*
    copy_callback kcopyd_* do_metadata process_bio_* cache_map dmz_* era_* flakey_* delay_* zoned_* vdo_* persistent_*
    block_read_lock`,
  ),
  family(
    'md',
    'a software RAID array (md): its members, a resync, or a change of its state',
    `md_* mddev_* raid0_* raid1_*
    raid10_* raid5_* raid1d raid10d raid5d raise_barrier lower_barrier wait_barrier* freeze_array unfreeze_array
    wait_read_barrier regular_request_wait make_stripe_request make_request_* r5l_* r5c_* r1_* r10_* bitmap_* llbitmap_* reshape_request sync_request
    action_store array_state_store rdev_* state_store_md level_store stop_sync_thread get_active_stripe wait_for_stripe* handle_stripe* narrow_write_error
    super_written new_dev_store suspend_lo_store suspend_hi_store autorun_* flush_pending_writes`,
  ),
  family(
    'bcache',
    'bcache',
    `bch_* bcache_* cached_dev_* btree_split btree_insert_* btree_gc_* btree_root mca_*
    cache_set_* write_dirty* read_dirty* journal_write_* flash_dev_* bset_* register_bcache`,
  ),
  family('nvme', 'an NVMe device or its controller', `nvme_* nvmf_* nvmet_*`),
  idle('nbd', 'the end of its connection (the client of an nbd device)', 'nbd_ioctl nbd_start_device_ioctl'),
  family('nbd', 'a network block device (nbd) and its server', 'nbd_* recv_work sock_xmit sock_shutdown'),
  family('ublk', 'a user-space block device (ublk) and its server', 'ublk_* ublks_*'),
  family('loop', 'a loop device and its backing file', `loop_* lo_* kthread_loop*`),
  family('zram', 'a compressed RAM disk (zram)', `zram_* zs_* zcomp_* reset_store disksize_store`),
  family('rbd', 'a Ceph block device (rbd) and its cluster', 'rbd_*'),
  family(
    'scsi',
    'a SCSI or ATA device, or its error handling',
    `scsi_* sd_* sr_* sg_* st_* ch_* ses_* ata_* ahci_* sata_*
    libata_* sas_* mpt3sas_* mptscsih_* megasas_* megaraid_* qla2x00_* qla24xx_* qla2xxx_* qlt_* lpfc_* ufshcd_* ufs_* hpsa_* aac_* pqi_*
    fc_* bnx2fc_* fcoe_* storvsc_* pvscsi_* virtscsi_* cdrom_* async_sd_* ibmvscsi_* zfcp_* smartpqi_* do_scan_async do_scsi_scan_host spi_transport_* srp_* isci_* mvs_* pm8001_* arcmsr_* tcm_* target_core_*`,
  ),
  family(
    'iscsi',
    'an iSCSI session and its target',
    `iscsi_* iscsit_* iscsid_* iser_* isert_* cxgbi_* target_* transport_* core_tmr_* lio_*`,
  ),
  family('mmc', 'an SD or eMMC card', 'mmc_* mmcblk_* sdhci_* sdio_* sd_send_* dw_mci_* sdmmc_* rtsx_*'),
  family('block-io', 'a replicated block device (DRBD)', 'drbd_* drbdadm_* al_begin_io* al_write_*'),
  family('block-io', 'flash memory (MTD)', 'mtd_* ubi_* nand_* spi_nor_* cfi_*'),
  family('block-io', 'a Xen block device', 'blkif_* blkfront_* xen_blkif_* xlblk_*'),
  taker('loop', 'the lock of loop devices', 'loop_ctl_* loop_control_ioctl'),
];
