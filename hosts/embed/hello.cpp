// SPDX-License-Identifier: Apache-2.0
//
// A host in C++20: an executor that a configuration names, a result, and what it tells.
//     hello [CONFIG]        without one: an executor of the backend `local`
#include <chrono>
#include <execlet/execlet.hpp>
#include <iostream>

int main(int argc, char **argv) {
  using namespace std::chrono_literals;
  try {
    auto runtime = argc > 1 ? execlet::Runtime::from_file(argv[1])
                            : execlet::Runtime::from_json(R"({"executors": {"py": {"backend": "local"}}})");
    auto executor = runtime.executor("py");
    auto result = executor.execute_code({.code = "print('Hello')", .language = "python", .timeout = 10s});
    std::cout << result.output << result.error;
    std::cout << "status " << execlet::to_string(result.status) << ", exit code " << result.exit_code.value_or(-1)
              << '\n';

    // Or as an exception: one class per status.
    try {
      executor.execute_code({.code = "while True: pass", .language = "python", .timeout = 200ms}).or_throw();
    } catch (const execlet::TimeoutError &error) {
      std::cout << "caught: " << error.what() << '\n';
    }
    return result.ok() ? 0 : 1;
  } catch (const execlet::Error &error) {
    std::cerr << error.reason() << ": " << error.what() << '\n';
    return 1;
  }
}
