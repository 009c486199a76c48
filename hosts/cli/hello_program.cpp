// SPDX-License-Identifier: Apache-2.0
#include "hello_program.h"

#include <utility>

namespace execlet::cli {

std::string_view hello_program(std::string_view language) {
  constexpr std::pair<std::string_view, std::string_view> kPrograms[] = {
      {"python", "print('hello')\n"},
      {"bash", "echo hello\n"},
      {"sh", "echo hello\n"},
      {"javascript", "console.log('hello')\n"},
      {"ruby", "puts 'hello'\n"},
      {"perl", "print \"hello\\n\";\n"},
      {"r", "cat('hello\\n')\n"},
      {"lua", "print('hello')\n"},
      {"php", "<?php echo \"hello\\n\";\n"},
      {"go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n"},
      {"rust", "fn main() { println!(\"hello\"); }\n"},
      {"c", "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n"},
      {"c++", "#include <iostream>\nint main() { std::cout << \"hello\\n\"; }\n"},
      {"java", "public class Main { public static void main(String[] a) { System.out.println(\"hello\"); } }\n"},
  };
  for (const auto &[name, program] : kPrograms) {
    if (name == language) {
      return program;
    }
  }
  return {};
}

}  // namespace execlet::cli
