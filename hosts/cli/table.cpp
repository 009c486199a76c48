// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <algorithm>
#include <utility>

namespace execlet::cli {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width(const std::string &text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

Table::Table(std::vector<std::string> head) {
  rows_.push_back(std::move(head));
}

void Table::add(std::vector<std::string> row) {
  for (std::string &cell : row) {
    if (cell.empty()) {
      cell.assign(1, '-');
    }
  }
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto &row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::string out;
  for (const auto &row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) {
        line.append(widths[i] - width(row[i]) + 2, ' ');
      }
    }
    out += line + '\n';
  }
  return out;
}

}  // namespace execlet::cli
