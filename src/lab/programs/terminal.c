/*
 * A terminal, its shell, and one job that does not get on with it.
 * `terminal` plays the emulator (the pty's master side, reading what is printed), `shell` the session leader.
 */
#include "scene.h"
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

static void open_terminal(void) {
  master = check(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt");
  check(grantpt(master), "grantpt");
  check(unlockpt(master), "unlockpt");
}

/* Makes the caller a session leader whose controlling terminal is the pty. */
static void log_in(void) {
  if (setsid() < 0) check(-1, "setsid");
  slave = check(open(ptsname(master), O_RDWR), "open slave");
  check(ioctl(slave, TIOCSCTTY, 0), "TIOCSCTTY");
  close(master);
}

static void show_output(void) {
  char buffer[4096];
  say("terminal");
  while (read(master, buffer, sizeof buffer) > 0) continue;
}

static void be_reading_job(void) {
  char byte;
  setpgid(0, 0);
  say("job");
  check(read(slave, &byte, 1), "read");
}

static void be_writing_job(void) {
  setpgid(0, 0);
  say("job");
  check(write(slave, "hello\n", 6), "write");
}

static void be_quiet_job(void) {
  setpgid(0, 0);
  say("job");
  sleep_forever();
}

/* `setsid COMMAND` in a terminal: prints there, yet Ctrl+C does not reach it. */
static void be_detached_job(void) {
  setsid();
  say("job");
  sleep_forever();
}

static void (*job)(void);

static void be_shell(void) {
  log_in();
  struct termios settings;
  check(tcgetattr(slave, &settings), "tcgetattr");
  settings.c_lflag |= TOSTOP; /* without it background output is let through */
  check(tcsetattr(slave, TCSANOW, &settings), "tcsetattr");
  spawn(job);
  say("shell");
  sleep_forever();
}

static void in_background(void (*what)(void)) {
  job = what;
  open_terminal();
  spawn(be_shell);
  show_output();
}

static void background_read(const char *_) { in_background(be_reading_job); }
static void background_write(const char *_) { in_background(be_writing_job); }
static void background_quiet(const char *_) { in_background(be_quiet_job); }
static void detached(const char *_) { in_background(be_detached_job); }

/* Ctrl+S was pressed: the line discipline lets no more output through. */
static void be_printing_shell(void) {
  log_in();
  say("writer");
  for (;;) {
    check(write(slave, "tick\n", 5), "write");
    usleep(1000);
  }
}

static void flow_stopped(const char *_) {
  open_terminal();
  spawn(be_printing_shell);
  char byte;
  check(read(master, &byte, 1), "read"); /* it prints */
  check(write(master, "\x13", 1), "write Ctrl+S");
  show_output();
}

static void fill_terminal(void) {
  char line[256];
  log_in();
  memset(line, 'x', sizeof line);
  say("writer");
  for (;;) check(write(slave, line, sizeof line), "write");
}

/* Nobody pressed Ctrl+S: whoever was to show the output does something else. */
static void master_idle(const char *_) {
  open_terminal();
  spawn(fill_terminal);
  say("terminal");
  sleep_forever();
}

int main(int argc, char **argv) {
  static const struct trouble troubles[] = {
      {"background-read", background_read},
      {"background-write", background_write},
      {"background-quiet", background_quiet},
      {"detached", detached},
      {"flow-stopped", flow_stopped},
      {"master-idle", master_idle},
      {NULL, NULL},
  };
  return make_trouble(argc, argv, troubles);
}
