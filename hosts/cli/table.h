// SPDX-License-Identifier: Apache-2.0
//
// Rows of text in aligned columns.
#pragma once

#include <string>
#include <vector>

namespace execlet::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> head);
  // As many cells as the head; an empty cell reads "-".
  void add(std::vector<std::string> row);
  bool empty() const { return rows_.size() == 1; }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace execlet::cli
