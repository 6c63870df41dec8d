/* A process of N sleeping threads: prints its PID once all of them are there. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *sleeper(void *unused)
{
	for (;;)
		pause();
	return unused;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 1; i < count; i++) {
		pthread_t thread;
		if (pthread_create(&thread, &small, sleeper, NULL) != 0)
			return 1;
	}
	printf("%d\n", getpid());
	fflush(stdout);
	sleeper(NULL);
	return 0;
}
