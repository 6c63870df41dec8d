#!/bin/sh
# Process 1 of the guest: makes it look like a system that is up, runs the job, and switches the machine off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 NO_COLOR=1
# There is no udev: dmsetup makes its device nodes itself.
export DM_DISABLE_UDEV=1
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t cgroup2 none /sys/fs/cgroup
for controller in cpu memory io pids; do echo +$controller > /sys/fs/cgroup/cgroup.subtree_control; done
mkdir -p /run/freezer && mount -t cgroup -o freezer none /run/freezer
mount -t tracefs none /sys/kernel/tracing
mount -t debugfs none /sys/kernel/debug
ip link set lo up
# The root file system may be a container's; the guest is none.
rm -f /.dockerenv
echo guest > /proc/sys/kernel/hostname
for module in fuse loop ext4 dm_mod nbd nfs nfsv4 nfsd veth; do modprobe "$module"; done
modprobe autofs4 || modprobe autofs
mount -t fusectl none /sys/fs/fuse/connections
mkdir -p /proc/fs/nfsd && mount -t nfsd nfsd /proc/fs/nfsd
mkdir -p -m 700 /tmp/procdiag-lab-0 && cp -r /kernels/programs/* /tmp/procdiag-lab-0/
cd /kernels/project && timeout -s KILL "$(cat /kernels/seconds)" node dist/guest.mjs
echo "job: exit code $?"
sync
echo o > /proc/sysrq-trigger
sleep 60
