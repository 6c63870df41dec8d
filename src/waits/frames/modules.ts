import { lazily } from '../../procfs/lazily.ts';
import type { FrameRule } from './rule.ts';
import type { Subsystem } from './subsystem.ts';

/** Kernel modules whose functions have no prefix of their own, or one we do not know. */
const modules = lazily((): readonly (readonly [RegExp, Subsystem, string])[] => [
  [/^(?:nfs|nfsv[234]|nfs_layout\w*|sunrpc|lockd|auth_rpcgss|rpcrdma|rpcsec\w*)$/, 'nfs', 'an NFS server'],
  [/^nfsd$/, 'nfsd', 'the kernel NFS server'],
  [/^(?:cifs|ksmbd)$/, 'smb', 'an SMB server'],
  [/^(?:ceph|libceph)$/, 'ceph', 'a Ceph cluster'],
  [/^rbd$/, 'rbd', 'a Ceph block device (rbd) and its cluster'],
  [/^(?:9p|9pnet\w*)$/, '9p', 'a 9p server'],
  [/^(?:netfs|fscache|cachefiles|kafs)$/, 'netfs', 'a network file system (netfs)'],
  [/^(?:fuse|virtiofs|cuse)$/, 'fuse', 'a FUSE daemon'],
  [/^autofs4?$/, 'autofs', 'the automount daemon'],
  [/^overlay$/, 'overlayfs', 'overlayfs'],
  [/^(?:zfs|spl|zavl|zcommon|znvpair|zunicode|icp|zlua)$/, 'zfs', 'ZFS'],
  [/^btrfs$/, 'btrfs', 'btrfs'],
  [/^xfs$/, 'xfs', 'XFS'],
  [/^(?:jbd2|jbd)$/, 'jbd2', "the file system's journal"],
  [/^ext[234]$/, 'ext4', 'ext4'],
  [/^f2fs$/, 'f2fs', 'f2fs'],
  [/^(?:nvme|nvme_core|nvme_(?:tcp|rdma|fc|fabrics)|nvmet\w*)$/, 'nvme', 'an NVMe device or its controller'],
  [/^(?:md_mod|raid\d+|raid456|linear)$/, 'md', 'a software RAID array (md)'],
  [/^dm_\w+$/, 'dm', 'a device mapper device'],
  [/^bcache$/, 'bcache', 'bcache'],
  [/^nbd$/, 'nbd', 'a network block device (nbd) and its server'],
  [/^ublk_drv$/, 'ublk', 'a user-space block device (ublk) and its server'],
  [/^loop$/, 'loop', 'a loop device and its backing file'],
  [/^(?:zram|zsmalloc)$/, 'zram', 'a compressed RAM disk (zram)'],
  [
    /^(?:i?scsi_tcp|libiscsi\w*|scsi_transport_iscsi|iscsi_target_mod|target_core_\w+|ib_isert|ib_iser)$/,
    'iscsi',
    'an iSCSI session and its target',
  ],
  [
    /^(?:scsi_mod|scsi_\w+|sd_mod|sr_mod|sg|st|ses|lib(?:ata|ahci|sas|fc\w*)|ahci|mpt3sas|megaraid_sas|qla2xxx|lpfc|hpsa|smartpqi|aacraid|ufshcd\w*|hv_storvsc|vmw_pvscsi|ib_srpt?|cdrom)$/,
    'scsi',
    'a SCSI or ATA device',
  ],
  [/^(?:mmc_core|mmc_block|sdhci\w*|rtsx_\w+)$/, 'mmc', 'an SD or eMMC card'],
  [
    /^(?:usbcore|usb_storage|uas|xhci_\w+|ehci_\w+|ohci_\w+|uhci_hcd|usbhid|usbnet|cdc_\w+|usbip_\w+|vhci_hcd|typec\w*|r8152|dwc[23]\w*)$/,
    'usb',
    'a USB device, hub or host controller',
  ],
  [
    /^(?:drm\w*|amdgpu|amdkfd|i915|xe|radeon|nouveau|nvidia\w*|ttm|amdttm|amdkcl|amd_sched|qxl|vmwgfx|virtio_gpu|msm|panfrost|lima|ast|mgag200|gpu_sched|mali\w*|evdi|vc4|v3d)$/,
    'gpu',
    'the graphics driver',
  ],
  [
    /^(?:mac80211|cfg80211|iwl\w+|ath\w+|brcm\w+|mt76\w*|mt79\w+|rtw\w*|rtl8\w+|b43|mwifiex\w*|wl)$/,
    'wifi',
    'a wireless device',
  ],
  [
    /^(?:ib_\w+|rdma_\w+|mlx[45]_ib|iw_\w+|rdmavt|hfi1|bnxt_re|irdma|siw|rdma_rxe|rpcrdma|rtrs_\w+)$/,
    'rdma',
    'an RDMA device or connection',
  ],
  [/^(?:kvm|kvm_\w+)$/, 'kvm', 'a virtual machine (KVM)'],
  [/^(?:virtio\w*|vhost\w*)$/, 'virtio', 'a virtio device of the hypervisor'],
  [
    /^(?:nf_\w+|nft_\w+|ip_set\w*|xt_\w+|ip6?_tables|nfnetlink\w*|ebtable\w*|br_netfilter)$/,
    'netfilter',
    'netfilter',
  ],
  [/^(?:ipmi_\w+|acpi_ipmi)$/, 'ipmi', 'the management controller (IPMI)'],
  [/^(?:pciehp|shpchp|vmd|cxl_\w+|vfio\w*)$/, 'pci', 'a PCI device, slot or reset'],
  [
    /^(?:af_packet|unix|vsock|vmw_vsock\w*|sctp|rds\w*|bluetooth|rfcomm|bnep|tls|can\w*|tipc|dccp\w*|smc|nfc|ax25)$/,
    'socket',
    'a socket',
  ],
]);

/** The subsystem of a module, by its name. */
export function moduleSubsystem(module: string): { subsystem: Subsystem; waitsFor: string } | undefined {
  for (const [pattern, subsystem, waitsFor] of modules()) {
    if (pattern.test(module)) return { subsystem, waitsFor };
  }
  return undefined;
}

/** Drivers that name their functions as they like: `dm_suspend [amdgpu]` is no device mapper. */
const OWN_NAMES = /^(?:gpu|ipmi|iscsi|kvm|mmc|netfilter|rdma|scsi|usb|wifi)$/;

/** True when a function of this module is not the one that the vocabulary knows by its name. */
export function ownsItsNames(module: string, rule: FrameRule): boolean {
  if (rule.tier !== 'family' && rule.tier !== 'wait' && rule.tier !== 'taker') return false;
  const subsystem = moduleSubsystem(module)?.subsystem;
  return subsystem !== undefined && subsystem !== rule.subsystem && OWN_NAMES.test(subsystem);
}
