import { either, event, family, idle, taker, type Vocabulary, wait } from '../rule.ts';

/** net/: sockets, network namespaces, the rtnl lock, netfilter, wireless, RDMA. */
export const network = (): Vocabulary => [
  wait(
    'rtnl',
    'the network configuration lock (rtnl)',
    `rtnl_lock rtnl_net_lock* rtnl_trylock* rtnl_lock_*
    rtnl_acquire*`,
  ),
  taker(
    'rtnl',
    'the network configuration lock (rtnl)',
    `rtnetlink_rcv_msg rtnetlink_rcv rtnl_* register_netdev unregister_netdev register_netdevice_notifier*
    unregister_netdevice_notifier* unregister_netdevice_many* dev_ioctl dev_ifconf devinet_ioctl inet_ioctl linkwatch_event addrconf_* wext_* wireless_*
    tun_* tap_* ip_mroute_* ipv6_sock_mc_* ipv6_sock_ac_* ip_mc_* ipv6_mc_* igmp_* do_ip_setsockopt do_ipv6_setsockopt ip_setsockopt fib_* ip6_route_* ip_rt_ioctl ipv6_route_ioctl
    ethtool_* ethnl_* netdev_* bond_* br_* vlan_ioctl* tc_* tcf_* inet6_ioctl dev_change_* packet_set_ring inet_rtm_* inet6_rtm_* ip_tunnel_* ppp_* pppoe_* slip_* veth_* macvlan_* vxlan_* wg_* ipvlan_*
    mld_* dev_set_* dev_get_* register_netdevice phy_* phylink_* call_netdevice_* ndisc_* neigh_* dev_close dev_open net_shaper_* napi_* mrtsock_*`,
  ),
  wait(
    'netns',
    'a network namespace to be set up or torn down (or a network device whose users do not let go)',
    `copy_net_ns cleanup_net setup_net
    netdev_wait_allrefs* netdev_run_todo net_ns_* ops_exit* ops_init* ops_undo_list ops_free* unregister_pernet* register_pernet* default_device_exit* rtnl_link_unregister_wait net_drop_ns
    ops_undo_single* pernet_*`,
  ),
  wait('socket-lock', 'the lock of a socket, held by another thread', 'lock_sock* release_sock*'),
  idle(
    'accept',
    'an incoming connection (accept)',
    `inet_csk_accept inet_csk_wait_for_connect inet_accept kernel_accept unix_accept do_accept
    vsock_accept sys_accept* x25_accept rds_tcp_accept* sctp_accept smc_accept l2cap_sock_accept rfcomm_sock_accept bt_accept* svc_tcp_accept tipc_accept wait_for_connect mptcp_accept`,
  ),
  either(
    'socket',
    'the answer to a connect',
    `inet_stream_connect inet_wait_for_connect unix_stream_connect sk_stream_wait_connect vsock_connect
    bt_sock_wait_state sctp_wait_for_connect inet_stream_connect_* sys_connect tcp_v4_connect unix_wait_for_peer rxrpc_connect*`,
  ),
  either(
    'socket',
    'data from its peer (a socket)',
    `sk_wait_data tcp_recvmsg* skb_recv_datagram* skb_wait_for_more_packets* unix_stream_read_*
    unix_stream_data_wait unix_stream_recvmsg unix_dgram_recvmsg udp_recvmsg udpv6_recvmsg netlink_recvmsg packet_recvmsg ping_recvmsg
    tcp_data_wait inet_recvmsg inet6_recvmsg sock_recvmsg* bt_sock_stream_recvmsg bt_sock_recvmsg bt_sock_data_wait l2cap_* rfcomm_* sctp_recvmsg sctp_skb_recv_datagram vsock_* rds_recvmsg tls_* kcm_recvmsg
    hci_* tcp_splice_read tcp_zerocopy* smc_rx_* mptcp_* unix_wait_for_* skb_recv_udp* tipc_* can_* bcm_* isotp_* raw_recv* sock_read_iter sock_aio_read sys_recv* do_recvmmsg af_alg_wait* netlink_unicast`,
    {
      lock: 'mutex',
    },
  ),
  either(
    'socket',
    'room to send: the peer does not read fast enough (a socket)',
    `sock_alloc_send_* sock_wait_for_wmem
    tcp_sendmsg* unix_stream_sendmsg unix_dgram_sendmsg sctp_sendmsg* sctp_wait_for_sndbuf udp_sendmsg sock_sendmsg* sock_write_iter packet_sendmsg
    packet_snd sk_stream_wait_* netlink_attachskb tcp_send_* sys_send* inet_sendmsg do_tcp_sendpages tcp_bpf_*`,
  ),
  either(
    'socket',
    'a socket to be closed (its queued data to go out, SO_LINGER)',
    'sk_stream_wait_close* sock_release inet_release sock_close tcp_close inet_shutdown',
  ),
  family(
    'socket',
    'a socket',
    'tcp_* udp_* unix_* inet_* inet6_* sock_* packet_* netlink_* sk_* rds_* sctp_* bt_* af_alg_* xsk_* llc_* x25_* ax25_* rose_* smc_* kernel_recvmsg kernel_sendmsg genl_* udpv6_*',
  ),
  taker(
    'socket',
    'a generic netlink or netlink dump lock',
    'genl_rcv* genl_lock* netlink_dump* netlink_rcv_skb netlink_table_grab',
  ),
  event('socket', 'RCU or work of the network stack', 'dev_deactivate_many dev_close_many'),
  family(
    'netfilter',
    'netfilter (nftables, iptables, ipset)',
    `nf_* nft_* nfnl_* nfnetlink_* ip_set_* xt_* ebt_* do_ipt_* do_ip6t_* ipt_* ip6t_* arpt_* nfqnl_* ip_vs_*
    do_replace* translate_table`,
  ),
  family(
    'wifi',
    'a wireless device',
    `cfg80211_* ieee80211_* nl80211_* wiphy_* iwl_* iwlwifi_* ath9k_* ath10k_* ath11k_* ath12k_* brcmf_* mt76_* mt7921_* mt7925_* mt792x_* rtw_* rtw88_* rtw89_* rtl_* b43_*
    iwl4965_* il_* mwifiex_* p54_* wl12xx_* wlcore_* regulatory_* reg_* cfg80211 sta_info_*`,
  ),
  family(
    'rdma',
    'an RDMA (InfiniBand, RoCE) device or connection',
    `ib_* rdma_* mlx5_ib_* mlx4_ib_* cma_work_* cma_process_* cma_add_* cma_remove_* cma_modify_* iw_cm_* iw_cxgb4_* uverbs_* ucma_* rxe_* siw_* rtrs_* ipoib_* hfi1_* qib_* ucm_* cm_destroy_id* irdma_* bnxt_re_* efa_* hns_roce_* erdma_*`,
  ),
];
