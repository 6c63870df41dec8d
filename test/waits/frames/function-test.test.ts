import { describe, expect, it } from 'vitest';
import { functionTest } from '../../../src/waits/frames/function-test.ts';

const NAMES = [
  ...[
    'pipe_read',
    'anon_pipe_read',
    'pipe_read_more',
    'pipe',
    'futex_wait',
    'futex_wait_queue',
    'futex_wait.cold',
  ],
  ...[
    'read',
    '|',
    'pipe_read|anon_pipe_read',
    'tls_',
    'tls_recvmsg',
    'a',
    '',
    'vsock_recvmsg',
    'vsock_x_recvmsg',
    'do_task_stat',
  ],
];

describe('functionTest', () => {
  it.each([
    /^pipe_read$/,
    /^(?:pipe_read|anon_pipe_read)$/,
    /^(?:futex_wait\w*|a)$/,
    /^(?:pipe|tls_\w+)$/,
    /^(?:anon_)?pipe_read$/,
    /^(?:vsock_\w+recvmsg|a)$/,
    /pipe/,
    /^(?:pipe|futex)/,
    /wait$/,
    /^tls_\w*$/,
    /^(?:|a)$/,
    /^(?:anon_pipe_read|pipe_read_more|read)$/,
  ])('says of every name what %s itself says', (pattern) => {
    expect(NAMES.filter(functionTest(pattern))).toEqual(NAMES.filter((name) => pattern.test(name)));
  });
});
