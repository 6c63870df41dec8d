/*
 * A FUSE server on the bare /dev/fuse, made to misbehave: `fusefs MOUNTPOINT [OPTION...]`.
 *
 *   stall=OP[,OP…]  takes requests of this kind and never answers them (lookup open read write flush fsync; all)
 *   backing=FILE    `file` is stored in FILE and as big as it; else it is 4 MiB of zeros, and writes are lost
 *   direct          each read and write reaches the server: no page cache
 *
 * The file system has one entry, `file`. SIGUSR1: from now on nothing is answered. Says "daemon PID" when it serves.
 */
#include "scene.h"
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define FILE_NODE 2
#define MAX_WRITE (128 * 1024)

static int device, storage = -1, direct;
static unsigned long long stalled; /* one bit an opcode */
static volatile sig_atomic_t silent;

static void fall_silent(int _) { silent = 1; }

static const struct {
  const char *name;
  unsigned long long bits;
} operations[] = {
    {"lookup", 1ull << FUSE_LOOKUP}, {"open", 1ull << FUSE_OPEN},   {"read", 1ull << FUSE_READ},
    {"write", 1ull << FUSE_WRITE},   {"flush", 1ull << FUSE_FLUSH}, {"fsync", 1ull << FUSE_FSYNC},
    {"all", ~(1ull << FUSE_INIT)},
};

static void stall(char *names) {
  for (char *name = strtok(names, ","); name; name = strtok(NULL, ","))
    for (unsigned i = 0; i < sizeof operations / sizeof *operations; i++)
      if (strcmp(name, operations[i].name) == 0) stalled |= operations[i].bits;
}

static void reply(const struct fuse_in_header *request, int error, const void *data, size_t size) {
  static char answer[sizeof(struct fuse_out_header) + (1 << 20)];
  struct fuse_out_header header = {sizeof header + size, -error, request->unique};
  memcpy(answer, &header, sizeof header);
  if (size) memcpy(answer + sizeof header, data, size);
  /* Fails with ENOENT when the request was interrupted meanwhile: nobody waits for it then. */
  if (write(device, answer, sizeof header + size) < 0) return;
}

static struct fuse_attr attributes(uint64_t node) {
  struct fuse_attr attr = {.ino = node, .nlink = 1, .blksize = 4096};
  struct stat real;
  if (node == FUSE_ROOT_ID) {
    attr.mode = S_IFDIR | 0755;
    return attr;
  }
  attr.mode = S_IFREG | 0755;
  attr.size = storage >= 0 && fstat(storage, &real) == 0 ? (uint64_t)real.st_size : 4 << 20;
  attr.blocks = attr.size / 512;
  return attr;
}

static void answer(const struct fuse_in_header *request, void *body) {
  static char data[1 << 20];
  switch (request->opcode) {
  case FUSE_INIT: {
    const struct fuse_init_in *in = body;
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                .minor = 31,
                                .max_readahead = in->max_readahead,
                                .flags = FUSE_BIG_WRITES | FUSE_ASYNC_READ,
                                .max_background = 64,
                                .congestion_threshold = 48,
                                .max_write = MAX_WRITE,
                                .time_gran = 1};
    reply(request, 0, &out, sizeof out);
    /* Not before: a server that is stopped during the handshake is another trouble. */
    say("daemon");
    return let_go_of_stdout();
  }
  case FUSE_LOOKUP: {
    struct fuse_entry_out out = {.nodeid = FILE_NODE, .entry_valid = SECONDS, .attr_valid = SECONDS};
    if (strcmp(body, "file") != 0) return reply(request, ENOENT, NULL, 0);
    out.attr = attributes(FILE_NODE);
    return reply(request, 0, &out, sizeof out);
  }
  case FUSE_GETATTR:
  case FUSE_SETATTR: {
    struct fuse_attr_out out = {.attr_valid = SECONDS, .attr = attributes(request->nodeid)};
    return reply(request, 0, &out, sizeof out);
  }
  case FUSE_OPEN:
  case FUSE_OPENDIR: {
    struct fuse_open_out out = {.open_flags = direct ? FOPEN_DIRECT_IO : 0};
    return reply(request, 0, &out, sizeof out);
  }
  case FUSE_READ: {
    const struct fuse_read_in *in = body;
    ssize_t size = in->size < sizeof data ? in->size : sizeof data;
    if (storage < 0) memset(data, 0, size);
    else size = pread(storage, data, size, in->offset);
    return size < 0 ? reply(request, EIO, NULL, 0) : reply(request, 0, data, size);
  }
  case FUSE_WRITE: {
    const struct fuse_write_in *in = body;
    struct fuse_write_out out = {.size = in->size};
    if (storage >= 0 && pwrite(storage, in + 1, in->size, in->offset) != (ssize_t)in->size)
      return reply(request, EIO, NULL, 0);
    return reply(request, 0, &out, sizeof out);
  }
  case FUSE_STATFS: {
    struct fuse_statfs_out out = {.st = {.bsize = 4096, .frsize = 4096, .namelen = 255}};
    return reply(request, 0, &out, sizeof out);
  }
  case FUSE_READDIR:
  case FUSE_FLUSH:
  case FUSE_FSYNC:
  case FUSE_RELEASE:
  case FUSE_RELEASEDIR:
  case FUSE_DESTROY:
    return reply(request, 0, NULL, 0);
  case FUSE_FORGET:
  case FUSE_BATCH_FORGET:
  case FUSE_INTERRUPT: /* not obeyed: so a victim that was killed stays */
    return;
  default:
    return reply(request, ENOSYS, NULL, 0);
  }
}

int main(int argc, char **argv) {
  static char buffer[MAX_WRITE + 65536];
  char options[128];
  ends_with_parent();
  signal(SIGUSR1, fall_silent);
  for (int i = 2; i < argc; i++) {
    if (strncmp(argv[i], "stall=", 6) == 0) stall(argv[i] + 6);
    else if (strncmp(argv[i], "backing=", 8) == 0)
      storage = check(open(argv[i] + 8, O_RDWR | O_CLOEXEC), argv[i]);
    else if (strcmp(argv[i], "direct") == 0) direct = 1;
  }
  device = check(open("/dev/fuse", O_RDWR | O_CLOEXEC), "/dev/fuse");
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
  check(mount("procdiag-lab", argv[1], "fuse.procdiag-lab", MS_NODEV | MS_NOSUID, options), "mount");
  for (;;) {
    ssize_t size = read(device, buffer, sizeof buffer);
    const struct fuse_in_header *request = (void *)buffer;
    if (size < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN)) continue;
    if (size < 0) return 0; /* ENODEV: unmounted */
    if (silent || (request->opcode < 64 && stalled >> request->opcode & 1)) continue;
    answer(request, buffer + sizeof *request);
  }
}
