// SPDX-License-Identifier: Apache-2.0
//
// Runs one line of Python through the C++ API and prints what it printed; compiles as C++17 and as C++20.
#include <execlet/execlet.hpp>
#include <iostream>

int main() {
  const auto runtime = execlet::Runtime::from_json(
      R"({"executors": {"py": {"backend": "local", "options": {"executors": ["python"]}}}})");
  execlet::Request request;
  request.code = "print('Hello from', 6 * 7)";
  request.language = "python";
  const auto result = runtime.executor("py").execute_code(request);
  std::cout << result.output;
  if (result.status != execlet::Status::kOk) std::cerr << result.failure.message << '\n';
  return result.status == execlet::Status::kOk ? 0 : 1;
}
