/* SPDX-License-Identifier: Apache-2.0
 *
 * tree [ignored…] COUNT: starts COUNT processes that leave session, parent and terminal behind, says so on stdout when
 * all of them run, and waits for ever, as they do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int ends[2];
  if (argc < 2 || pipe(ends) != 0) return 2;
  const int count = atoi(argv[argc - 1]);
  for (int i = 0; i < count; ++i) {
    const pid_t first = fork();
    if (first < 0) return 3;
    if (first == 0) {
      setsid();
      const pid_t second = fork();
      if (second != 0) _exit(second < 0);
      if (write(ends[1], "x", 1) != 1) _exit(4);
      for (;;) pause();
    }
    int status = 0;
    if (waitpid(first, &status, 0) != first || status != 0) return 5;
  }
  for (int i = 0; i < count; ++i) {
    char byte;
    if (read(ends[0], &byte, 1) != 1) return 6;
  }
  printf("ready\n");
  fflush(stdout);
  for (;;) pause();
}
