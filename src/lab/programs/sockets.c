/* Sockets whose peer does not read, and a connect that nobody answers. No packet leaves the machine. */
#include "scene.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
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

static void tcp_full(const char *_) {
  struct sockaddr_in address = address_of("127.0.0.1", 0);
  socklen_t size = sizeof address;
  listener = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  check(bind(listener, (void *)&address, size), "bind");
  check(listen(listener, 1), "listen");
  check(getsockname(listener, (void *)&address, &size), "getsockname");
  spawn(be_tcp_peer);
  close(listener);
  int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  check(connect(fd, (void *)&address, size), "connect");
  write_until_stuck(fd);
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
      {"unix-full", unix_full}, {"tcp-full", tcp_full}, {"connect-wait", connect_wait}, {NULL, NULL}};
  return make_trouble(argc, argv, troubles);
}
