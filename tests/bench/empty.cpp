// SPDX-License-Identifier: Apache-2.0
//
// The least that a dynamic C++ program can be: the floor for the start of the command line tool. It mentions libstdc++
// so that a linker that drops unused libraries keeps it.
#include <string>

int main(int argc, char **argv) {
  return std::string(argv[0]).size() == 0 && argc > 1 ? 1 : 0;
}
