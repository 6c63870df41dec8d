/* Sockets whose peer does not read, and a connect that nobody answers. No packet leaves the machine. */
#include "scene.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int ends[2];

static void write_until_stuck(int fd) {
  char block[16384] = {0};
  say("writer");
  let_go_of_stdout();
  while (write(fd, block, sizeof block) > 0) continue;
}

static void be_unix_peer(void) {
  close(ends[0]);
  say("peer");
  let_go_of_stdout();
  sleep_forever();
}

static void unix_full(const char *_) {
  check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
  spawn(be_unix_peer);
  close(ends[1]);
  write_until_stuck(ends[0]);
}

static struct sockaddr_in address_of(const char *host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

static int listener;

static void be_tcp_peer(void) {
  check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
  close(listener);
  say("peer");
  let_go_of_stdout();
  sleep_forever();
}

/* Listens on a port of its own choice, of which the address is given back. */
static struct sockaddr_in listen_for(int backlog) {
  struct sockaddr_in address = address_of("127.0.0.1", 0);
  socklen_t size = sizeof address;
  listener = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  check(bind(listener, (void *)&address, size), "bind");
  check(listen(listener, backlog), "listen");
  check(getsockname(listener, (void *)&address, &size), "getsockname");
  return address;
}

static int connect_to(struct sockaddr_in address, int flags) {
  int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), "socket");
  if (connect(fd, (void *)&address, sizeof address) < 0 && errno != EINPROGRESS) check(-1, "connect");
  return fd;
}

static void tcp_full(const char *_) {
  struct sockaddr_in address = listen_for(1);
  spawn(be_tcp_peer);
  close(listener);
  write_until_stuck(connect_to(address, 0));
}

static void be_busy_server(void) {
  say("server");
  sleep_forever();
}

/* The server accepts nobody; what it leaves in the queue keeps all others out. */
static void backlog_full(const char *_) {
  struct sockaddr_in address = listen_for(0);
  spawn(be_busy_server);
  close(listener);
  for (int i = 0; i < 3; i++) connect_to(address, SOCK_NONBLOCK);
  say("client");
  connect_to(address, 0);
}

static char locked[256];

static void lock_file(void) {
  int fd = check(open(locked, O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
  check(flock(fd, LOCK_EX), "flock");
}

static void be_locker(void) {
  lock_file();
  say("holder");
  close(ends[1]);
  let_go_of_stdout();
  sleep_forever();
}

static void be_locked_server(void) {
  check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
  close(listener);
  say("server");
  lock_file();
}

/* A client waits for an answer; the server that has its request waits for a lock. */
static void server_waits(const char *file) {
  char sign;
  snprintf(locked, sizeof locked, "%s", file);
  check(pipe2(ends, O_CLOEXEC), "pipe");
  spawn(be_locker);
  close(ends[1]);
  while (read(ends[0], &sign, 1) > 0) continue; /* it has the lock */
  close(ends[0]);
  struct sockaddr_in address = listen_for(1);
  spawn(be_locked_server);
  close(listener);
  int fd = connect_to(address, 0);
  say("client");
  while (read(fd, &sign, 1) > 0) continue;
}

/* In a network namespace of its own, 192.0.2.1 (TEST-NET-1) is routed to `lo`, where nobody has it. */
static void route_into_the_void(int fd) {
  struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  struct rtentry route = {.rt_flags = RTF_UP | RTF_HOST, .rt_dev = "lo"};
  *(struct sockaddr_in *)&route.rt_dst = address_of("192.0.2.1", 0);
  check(ioctl(fd, SIOCSIFFLAGS, &up), "lo up");
  check(ioctl(fd, SIOCADDRT, &route), "route");
}

static void connect_wait(const char *_) {
  struct sockaddr_in address = address_of("192.0.2.1", 80);
  check(unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)");
  int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  route_into_the_void(fd);
  say("client");
  check(connect(fd, (void *)&address, sizeof address), "connect");
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"unix-full", unix_full}, {"tcp-full", tcp_full}, {"connect-wait", connect_wait},
      {"backlog-full", backlog_full}, {"server-waits", server_waits}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
