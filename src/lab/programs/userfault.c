/* A page fault which a user-space handler has to resolve, as CRIU, QEMU and some runtimes do; this one sleeps. */
#include "scene.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static void not_handle(void) {
  say("handler");
  let_go_of_stdout();
  sleep_forever();
}

static void fault(const char *_) {
  int fd = check(syscall(SYS_userfaultfd, O_CLOEXEC), "userfaultfd");
  struct uffdio_api api = {.api = UFFD_API};
  check(ioctl(fd, UFFDIO_API, &api), "UFFDIO_API");
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct uffdio_register region = {.range = {(unsigned long)page, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  check(ioctl(fd, UFFDIO_REGISTER, &region), "UFFDIO_REGISTER");
  spawn(not_handle);
  close(fd);
  say("victim");
  let_go_of_stdout();
  *(volatile char *)page = 1;
  sleep_forever();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {{"fault", fault}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
