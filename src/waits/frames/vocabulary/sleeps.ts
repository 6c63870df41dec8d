import { either, family, idle, type Vocabulary, wait } from '../rule.ts';

/** Where programs sleep by their own will: system calls that wait for somebody else's doing. */
export const sleeps = (): Vocabulary => [
  idle(
    'epoll',
    'events (epoll)',
    'ep_poll do_epoll_wait do_epoll_pwait sys_epoll_wait sys_epoll_pwait* ep_poll_callback ep_send_events',
    {
      lock: 'mutex',
    },
  ),
  family('epoll', 'the lock of an epoll set', 'ep_* eventpoll_* do_epoll_ctl'),
  idle(
    'poll',
    'descriptors to become ready (poll, select)',
    `poll_schedule_timeout do_poll do_sys_poll do_select core_sys_select sys_poll
    sys_ppoll* sys_select sys_pselect* do_pselect* do_compat_select kern_select compat_core_sys_select sys_newselect do_restart_poll`,
  ),
  idle(
    'sleep',
    'time to pass (sleep)',
    `do_nanosleep hrtimer_nanosleep* common_nsleep* sys_nanosleep* sys_clock_nanosleep* alarm_timer_nsleep*
    posix_cpu_nsleep do_cpu_nanosleep timerfd_read* alarmtimer_* sys_restart_syscall nanosleep_restart`,
  ),
  idle(
    'futex',
    'a futex (a lock, condition or join of threads in user space)',
    `futex_* do_futex sys_futex*`,
  ),
  idle('pipe', 'data from a pipe', 'pipe_read anon_pipe_read fifo_pipe_read', { lock: 'mutex' }),
  either('pipe', 'the reader of a full pipe', 'pipe_write anon_pipe_write fifo_pipe_write', {
    lock: 'mutex',
  }),
  either(
    'pipe',
    'the other end of a pipe',
    `pipe_wait* wait_for_partner fifo_open splice_* do_splice* wait_for_space ipipe_prep opipe_prep
    pipe_to_* sys_splice sys_tee pipe_double_lock iter_file_splice_write pipe_lock* sys_vmsplice
    pipe_release pipe_ioctl pipe_fcntl pipe_poll`,
    { lock: 'mutex' },
  ),
  idle('tty', 'input from a terminal', 'n_tty_read read_chan tty_read', { lock: 'rwsem' }),
  either(
    'tty',
    'a terminal to take output (stopped, or nobody reads)',
    'n_tty_write tty_write file_tty_write* write_chan do_tty_write',
    { benign: null, lock: 'mutex' },
  ),
  wait(
    'tty',
    'a terminal to be drained, changed or hung up',
    `tty_* uart_* pty_* ldsem_* do_tty_hangup vt_* n_tty_* serial8250_* disassociate_ctty
    console_* set_termios do_con_write redirected_tty_write ptmx_* devpts_* n_hdlc_* n_gsm_* gsm_* do_fbcon_* vc_* flush_to_ldisc`,
  ),
  idle(
    'unknown',
    'a System V or POSIX semaphore or message',
    `do_semtimedop semtimedop do_msgrcv do_msgsnd wq_sleep do_mq_timedreceive do_mq_timedsend sys_semop sys_semtimedop sys_msgrcv sys_msgsnd sys_mq_timed*`,
  ),
  idle('unknown', 'an eventfd to be signalled', 'eventfd_read eventfd_ctx_read'),
  either('unknown', 'an eventfd to be read', 'eventfd_write'),
  idle(
    'unknown',
    'kernel messages to read (klogd, journald)',
    'do_syslog syslog_print devkmsg_read kmsg_read sys_syslog trace_wait_pipe* tracing_read_pipe wait_pipe tracing_wait_pipe ring_buffer_wait',
  ),
  idle(
    'unknown',
    'input events or packets',
    'tun_do_read tap_do_read tun_ring_recv evdev_read mousedev_read rtc_dev_read hidraw_read hiddev_read joydev_read rfkill_fop_read',
  ),
  idle(
    'unknown',
    'calls for a binder service (Android)',
    'binder_wait_for_work binder_thread_read binder_ioctl_write_read binder_ioctl',
  ),
  idle(
    'unknown',
    'a sound device',
    `snd_pcm_lib_* snd_pcm_read* snd_pcm_write* snd_ctl_read snd_timer_user_read snd_rawmidi_read snd_rawmidi_write snd_seq_read
    snd_seq_write snd_hwdep_read wait_for_avail*`,
  ),
  idle('unknown', 'kernel tracing data', 'perf_poll bpf_ringbuf_*'),
];
