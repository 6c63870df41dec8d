import { either, family, idle, type Vocabulary, wait } from '../rule.ts';

/** fs/nfs, net/sunrpc, fs/smb, fs/ceph, fs/9p, fs/netfs, and the file systems that a process serves. */
export const networkFs = (): Vocabulary => [
  wait(
    'nfs',
    'the answer of an NFS server (RPC reply)',
    `rpc_execute
    rpc_run_task rpc_call_sync rpc_clnt_* nfs_wait_bit_killable nfs_wait_bit_uninterruptible rpc_make_runnable rpc_wait_*
    xprt_* xs_* rpcauth_* rpc_shutdown_client rpc_killall_tasks gss_* nfs_wait_on_request* nfs4_proc_* nfs3_proc_*
    nfs4_call_sync*`,
    { killable: true, pages: 'anywhere' },
  ),
  wait(
    'nfs',
    'the recovery of state with an NFS server',
    `nfs4_wait_clnt_recover nfs4_handle_exception nfs4_delay* nfs4_run_state_manager
    nfs4_client_recover_* nfs4_state_manager nfs4_do_handle_exception nfs4_async_handle_* nfs4_drain_*`,
    { killable: true },
  ),
  family(
    'nfs',
    'an NFS server',
    `nfs_* nfs2_* nfs3_* nfs4_* nfs40_* nfs41_* nfs42_* pnfs_* nlm_* nlmclnt_* rpc_* ff_layout_* filelayout_* bl_*
    lockd_down lockd_up nsm_*`,
    { pages: 'anywhere', killable: true },
  ),
  family(
    'nfsd',
    'the kernel NFS server',
    `nfsd nfsd_* nfsd3_* nfsd4_* nfs4svc_* svc_* write_threads write_ports write_v4_* nfsctl_* expkey_* exp_* cache_check*
    cache_wait_req* fh_verify* nlmsvc_* nlm4svc_* lockd`,
  ),
  wait(
    'smb',
    'the answer of an SMB server',
    `wait_for_response wait_for_free_request* wait_for_free_credits* compound_send_recv
    cifs_send_recv SendReceive* cifs_call_async wait_for_compound_request wait_mtu_credits cifs_wait_mtu_credits`,
    { pages: 'anywhere' },
  ),
  family(
    'smb',
    'an SMB server',
    `cifs_* CIFS* SMB* smb_* smb2_* smb3_* smb311_* smbd_* ksmbd_* sesInfo* cifsd_* cifsFile*
    is_path_accessible* dfs_* check_mf_symlink query_path_info`,
    { pages: 'anywhere' },
  ),
  family(
    'ceph',
    'a Ceph cluster (MDS capabilities, OSD writes)',
    `ceph_* libceph_* osdc_* mon_* con_work try_get_cap_refs
    wait_caps_flush flush_snaps wait_unsafe_* wait_for_caps*`,
    { pages: 'anywhere' },
  ),
  family('9p', 'a 9p server (virtio, TCP or a pipe)', 'p9_* v9fs_* virtio_9p_*', { pages: 'anywhere' }),
  wait(
    'netfs',
    'a network file system read or write (netfs)',
    `netfs_* fscache_* cachefiles_* afs_* rxrpc_*`,
    { pages: 'anywhere' },
  ),
  idle(
    'fuse',
    'a FUSE request to serve (an idle daemon)',
    `fuse_dev_do_read fuse_dev_read fuse_dev_splice_read
    fuse_uring_wait_* cuse_channel_*`,
  ),
  wait(
    'fuse',
    'the answer of a FUSE daemon',
    `request_wait_answer fuse_* cuse_* virtio_fs_* virtiofs_*
    `,
    { pages: 'anywhere' },
  ),
  wait('autofs', 'the automount daemon to mount or expire a directory', 'autofs_* autofs4_*'),
  idle(
    'fanotify',
    'file system events to report (an idle fanotify listener)',
    'fanotify_read copy_event_to_user_fanotify',
  ),
  wait('fanotify', 'a permission answer of a fanotify listener (virus scanner, HSM)', `fanotify_*`, {
    killable: true,
  }),
  idle('inotify', 'file system events (inotify)', 'inotify_read inotify_poll', { lock: 'mutex' }),
  family(
    'inotify',
    'the removal of file watches',
    'inotify_* fsnotify_destroy_* fsnotify_put_* fsnotify_clear_* fsnotify_wait_*',
  ),
  either('unknown', 'a Lustre server', 'ptlrpc_* ldlm_* ll_* osc_* mdc_* lov_*'),
  either('unknown', 'a GPFS server', 'gpfs_* mmfs_* cxiWait* kxWait* cxi_*'),
];
