// SPDX-License-Identifier: Apache-2.0
//
// The little of a C++ runtime that this program needs, so that it links without libstdc++ (2 MB of it when static).
// Memory that cannot be had and broken preconditions end the program; its client then sees the end of the stream.
#include <cstdlib>
#include <new>

void *operator new(std::size_t size) {
  void *memory = std::malloc(size != 0 ? size : 1);
  if (memory == nullptr) std::abort();
  return memory;
}
void *operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void *memory) noexcept {
  std::free(memory);
}
void operator delete[](void *memory) noexcept {
  std::free(memory);
}
void operator delete(void *memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void *memory, std::size_t) noexcept {
  std::free(memory);
}

// What the inline parts of the standard library call where they would throw.
// NOLINTBEGIN(readability-identifier-naming): the library's names.
namespace std {
void __throw_length_error(const char *) {
  abort();
}
void __throw_logic_error(const char *) {
  abort();
}
void __throw_bad_alloc() {
  abort();
}
void __throw_bad_array_new_length() {
  abort();
}
void __throw_out_of_range_fmt(const char *, ...) {
  abort();
}
}  // namespace std
// NOLINTEND(readability-identifier-naming)
