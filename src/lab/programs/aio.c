/* Kernel AIO on a block device that does not answer: a wait which one can kill, into an exit which one cannot. */
#include "scene.h"
#include <linux/aio_abi.h>

static void wait_for_event(const char *path) {
  aio_context_t context = 0;
  struct io_event event;
  void *block;
  if (posix_memalign(&block, 4096, 4096)) _exit(1);
  say("reader");
  let_go_of_stdout();
  int fd = check(open(path, O_RDONLY | O_DIRECT), path);
  struct iocb read_it = {
      .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = (unsigned long)block, .aio_nbytes = 4096};
  struct iocb *all[] = {&read_it};
  check(syscall(SYS_io_setup, 1, &context), "io_setup");
  check(syscall(SYS_io_submit, context, 1, all), "io_submit");
  check(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL), "io_getevents");
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {{"wait", wait_for_event}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
