/* Reads what procdiag reads of one process, in C: the floor that its own reading time is held against.
   usage: reads PID ROUNDS; prints the median of a round in microseconds. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char buffer[65536];

static void read_whole(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	while (read(fd, buffer, sizeof buffer) > 0)
		;
	close(fd);
}

static void read_thread(const char *pid, const char *tid)
{
	static const char *const files[] = {"status", "stat", "wchan", "syscall", "stack", "sched", "schedstat"};
	char path[256];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "/proc/%s/task/%s/%s", pid, tid, files[i]);
		read_whole(path);
	}
}

static void read_process(const char *pid)
{
	char path[256];
	snprintf(path, sizeof path, "/proc/%s/task", pid);
	DIR *tasks = opendir(path);
	if (!tasks)
		exit(1);
	for (struct dirent *entry; (entry = readdir(tasks));)
		if (entry->d_name[0] != '.')
			read_thread(pid, entry->d_name);
	closedir(tasks);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int rounds = atoi(argv[2]);
	double *times = calloc(rounds, sizeof *times);
	for (int i = 0; i < rounds; i++) {
		struct timespec start, end;
		clock_gettime(CLOCK_MONOTONIC, &start);
		read_process(argv[1]);
		clock_gettime(CLOCK_MONOTONIC, &end);
		times[i] = (end.tv_sec - start.tv_sec) * 1e6 + (end.tv_nsec - start.tv_nsec) / 1e3;
	}
	qsort(times, rounds, sizeof *times, compare);
	printf("%.0f\n", times[rounds / 2]);
	return 0;
}
