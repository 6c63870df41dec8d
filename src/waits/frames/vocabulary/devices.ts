import { either, family, idle, main, type Vocabulary, wait } from '../rule.ts';

/** drivers/: graphics, USB, PCI, virtual machines, io_uring. */
export const devices = (): Vocabulary => [
  wait(
    'gpu',
    'work of the graphics processor (a fence)',
    `dma_fence_wait* dma_fence_default_wait dma_resv_* reservation_object_* drm_syncobj_* drm_sched_* amdgpu_fence_wait*
    amdgpu_ctx_wait* i915_request_wait* i915_wait_* i915_gem_wait* radeon_fence_wait* nouveau_fence_wait* sync_file_* msm_wait_fence drm_wait_* drm_atomic_helper_wait_*
    drm_crtc_commit_wait xe_sync_* xe_exec_queue_*`,
  ),
  family(
    'gpu',
    'the graphics driver',
    `drm_* dma_fence_* dma_buf_* amdgpu_* amdgpu amdkfd_* kfd_* svm_range_* i915_* intel_atomic_* intel_display_* intel_dp_* intel_gt_* intel_engine_* intel_crtc_* intel_fb* intel_ddi_* intel_modeset_* intel_gvt_* intel_lrc_* intel_context_* gen6_* gen8_* gen11_* radeon_*
    nouveau_* ttm_* qxl_* virtio_gpu_* vmw_* xe_* msm_* panfrost_* panthor_* lima_* etnaviv_* v3d_* vc4_* mgag200_* ast_* bochs_* cirrus_* gma_* psb_* tegra_* dc_* os_acquire_* rm_ioctl
    nv0* nv1* nv4* nv5* nv8* nv_* nvkm_* nvif_* nvidia_* nvkms_* radeonfb_* fbcon_* fb_* adreno_* a6xx_* a5xx_* a3xx_* gpu_* mali_* kbase_* pvr_* ingenic_drm_* komeda_* rockchip_drm_* exynos_drm_* sun4i_drm_* host1x_* udl_* evdi_* hyperv_drm_* ivpu_* habanalabs_* uvm_* atomic_remove_fb restore_fbdev_mode*`,
  ),
  idle('usb', 'data of a USB device', 'wdm_read usbtmc_read'),
  family(
    'usb',
    'a USB device, hub or host controller',
    `usb_* hub_* xhci_* ehci_* uhci_* ohci_* dwc2_* dwc3_* uas_* usbnet_* hcd_* wdm_* acm_* usbhid_* usbfs_* usbdev_* port_event usblp_* usbtmc_* cdc_* ucsi_* typec_* musb_* proc_do_submiturb proc_bulk proc_control gadget_* ffs_* uvc_* hid_hw_* command_abort storage_* option_* ftdi_* r8152_*
    do_proc_bulk do_proc_control ep0_* composite_* udc_* storvsc_usb mass_storage_*`,
  ),
  family(
    'pci',
    'a PCI device, slot or reset',
    `pci_* pcie_* pciehp_* pcibios_* aer_* dpc_* zpci_* vmd_* shpchp_* rpaphp_* vfio_* pnv_* eeh_* acpiphp_* cxl_* iommu_* intel_iommu_* dmar_* msi_*`,
  ),
  idle(
    'kvm',
    'its virtual CPU to be woken (a halted guest)',
    'kvm_vcpu_block kvm_vcpu_halt kvm_vcpu_wfi kvm_emu_idle kvm_vcpu_check_block',
    { killable: true },
  ),
  family(
    'kvm',
    'a virtual machine (KVM)',
    'kvm_* vmx_* svm_* vcpu_* async_pf_* tdx_* sev_* nested_* hyperv_kvm_* vhost_kvm_*',
  ),
  family(
    'virtio',
    'a virtio device of the hypervisor',
    'virtio_* virtqueue_* vring_* virtnet_* vp_* virtblk_* virtballoon_* virtcons_* vhost_* port_fops_* get_chars put_chars wait_port_writable virtinput_* virtrng_*',
  ),
  family(
    'unknown',
    'the hypervisor (Hyper-V, Xen, VMware)',
    'vmbus_* hv_* xenbus_* xen_* xs_talkv xb_* vmballoon_* vmci_* balloon_* netvsc_* gnttab_* evtchn_*',
  ),
  family(
    'ipmi',
    'the management controller (IPMI)',
    'ipmi_* kipmi_* smi_* kcs_* ssif_* i_ipmi_* bt_start_* wait_for_msg_done* acpi_ipmi_*',
  ),
  family(
    'unknown',
    'an I2C, SPI or other bus of the board',
    'i2c_* spi_* regmap_* regulator_* gpio_* clk_* thermal_* mbox_* qcom_* rproc_* scmi_* scpi_* tpm_* tpm2_* mei_* thunderbolt_* tb_* nvmem_* iio_* hwmon_* hidp_* hid_* input_* uinput_* binder_* ps2_* atkbd_* serio_* i8042_* rtc_* watchdog_* wdt_* md_mei',
  ),
  family(
    'unknown',
    'a media, sound or camera device',
    'v4l2_* vb2_* dvb_* media_* videobuf_* uvcg_* snd_* hda_* azx_* rc_* saa7146_* em28xx_* cx23885_*',
  ),
  family(
    'unknown',
    'a network card driver',
    'e1000_* e1000e_* igb_* ixgbe_* i40e_* ice_* bnxt_* bnx2x_* mlx4_* mlx5_* mlx5e_* tg3_* r8169_* rtl8169_* cxgb4_* qede_* qed_* ena_* gve_* enic_* sfc_* efx_* nfp_* hns3_* hclge_* stmmac_* fec_* macb_* atl1c_* alx_* igc_* iavf_* fm10k_* liquidio_* devlink_*',
  ),
  either(
    'io_uring',
    'completions of its io_uring',
    'io_cqring_wait* sys_io_uring_enter io_uring_enter io_run_task_work_sig',
  ),
  main('io_uring', 'work (an idle io_uring worker)', 'io_wq_worker io_wqe_worker io_sq_thread io_wq_manager'),
  wait(
    'io_uring',
    'requests of an io_uring in flight, which must end first',
    `io_wq_put_and_exit io_wq_exit* io_uring_cancel_* io_uring_del_tctx* io_uring_clean_tctx io_ring_exit_work
    io_ring_ctx_wait_* io_rsrc_* io_sq_thread_park* io_sq_thread_stop io_uring_files_cancel* io_uring_task_cancel* io_uring_try_cancel* io_ring_ctx_ref_free*`,
  ),
  family(
    'io_uring',
    'io_uring',
    `io_uring_* sys_io_uring_* io_wq_* io_issue_* io_ring_* io_sq_* io_sqe_* io_submit_sqes io_worker_* io_queue_* io_wqe_* io_req_* io_fallback_* io_register_* io_unregister_* io_assign_* io_file_get_* io_sqpoll_*
    io_sqd_* io_cancel_* io_async_* io_quiesce_* io_futex_* io_waitid* io_poll_* io_read* io_write* io_rw_*`,
  ),
];
