/* SPDX-License-Identifier: Apache-2.0
 *
 * writer [ignored…] CHUNK TOTAL: writes TOTAL bytes to stdout in writes of CHUNK bytes, as fast as they are taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const size_t chunk = strtoull(argv[argc - 2], NULL, 10);
  size_t left = strtoull(argv[argc - 1], NULL, 10);
  char *buffer = malloc(chunk);
  if (buffer == NULL) return 3;
  memset(buffer, 'x', chunk);
  while (left > 0) {
    const ssize_t written = write(1, buffer, left < chunk ? left : chunk);
    if (written <= 0) {
      perror("write");
      return 1;
    }
    left -= (size_t)written;
  }
  return 0;
}
