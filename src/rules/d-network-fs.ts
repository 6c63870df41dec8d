import { culpritOf } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice, shellWord } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'd-network-fs',
  family: 'd-state',
  title: 'Waits for the server of a network file system',
  find: (blame) =>
    blame.stepsOf('network-fs').map((step) => {
      const source = step.wait.detail?.source;
      const culprit = culpritOf(step);
      return findingAt(blame, step, {
        severity: 'critical',
        title: `${source === undefined ? 'a network file system' : `server of ${source}`} does not answer`,
        summary: `${who(step)} waits in ${step.wait.point}. A slow server looks the same in one look; this one has not moved.`,
        culprit,
        remedies: [
          {
            command:
              source === undefined
                ? 'nfsstat -m; dmesg | tail'
                : `ping -c1 -W2 ${shellWord(serverOf(String(source)))}; dmesg | tail`,
            effect: 'is the server there, and what does the client’s kernel say',
            risk: 'none',
          },
          advice('SIGKILL ends NFS waits, hard mounts too; 9p and (from 6.12 on) SMB reads it does not.'),
          advice('df, ls and stat on the mount will hang as well: do not use them to look.'),
        ],
      });
    }),
  explanation: {
    meaning:
      'The mount is NFS, SMB, Ceph, 9p or the like, and its server does not answer. NFS waits in ' +
      '`rpc_wait_bit_killable`, or in page waits (`folio_wait_bit_common`, 5.10: ' +
      '`wait_on_page_bit_common`) above `nfs_*` frames; SMB on 7.2 in `netfs_wait_for_in_progress`; ' +
      'NFS lock waits are S (6.1 polls in `nfs4_handle_exception`, 7.2 `wait_woken < ' +
      'nfs4_proc_lock`). cd, stat, umount and page faults of programs mapped from there hang as ' +
      'well (syscall -1). An overlay or a loop device on NFS shows NFS neither in its mount line ' +
      'nor in the frames: follow the lower layer or the backing file. SIGKILL ends NFS waits, on ' +
      'hard mounts too, and SMB reads on 6.1; it does not end SMB reads on 7.2, nor 9p with a ' +
      'stopped server.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): frames of `rpc_`, `nfs`, `cifs`, ' +
        '`smb`, `netfs_`, `ceph`, `p9_`.',
      "`grep -E ' - (nfs|nfs4|cifs|smb3|ceph|9p) ' /proc/PID/mountinfo`: the mounts and their " +
        'servers; never blocks.',
      '`cat /proc/PID/mountstats` twice (NFS): in the `xprt:` line requests are sent, and no ' +
        'replies come back.',
      '`ss -tnpo dst SERVER`: no connection, or bytes in Send-Q and a retransmit timer (`on`) that ' +
        'grows: the network or the server.',
      '`cat /sys/kernel/debug/sunrpc/rpc_clnt/*/tasks` (root, NFS): the calls in flight.',
    ],
    resolves: [
      'Bring back the server or the network: a hard mount goes on where it was, nothing is lost.',
      '`kill -KILL PID` (NFS): this process dies, the mount stays.',
      '`umount -f MNT` (NFS): fails the calls in flight with EIO; data not yet written is lost.',
      'For later: `soft` with a timeout for mounts that may fail (programs then see EIO), `hard` ' +
        'where data matters.',
    ],
    doesNot: [
      '`umount -l`: hides the mount, and frees nobody.',
      '`df`, `ls`, `stat`, `lsof` without `-b`: they hang on the same mount.',
      '`kill -9` of a 9p client, or of an SMB reader on 7.2: stays pending.',
    ],
    lookAlikes: [
      'A slow server: looks the same in nearly every look, but the counters in mountstats grow and ' +
        'calls return. Only time tells.',
      "A local disk or FUSE has the same page waits: the file's mount tells.",
      'A lock wait on NFS is S, and `/proc/locks` of the client does not know the holder: another ' +
        'client has the lock.',
    ],
    sources: [
      'nfs(5), mount.cifs(8), Documentation/filesystems/9p.rst',
      'net/sunrpc/sched.c (rpc_wait_bit_killable), fs/netfs/, net/9p/client.c',
      'proc(5) (/proc/PID/mountstats)',
    ],
  },
});

/** `server` of `server:/export`, `//server/share` and `[2001:db8::1]:/export`. */
function serverOf(source: string): string {
  return /^(?:\/\/)?(\[[^\]]+\]|[^:/]+)/.exec(source)?.[1] ?? source;
}
