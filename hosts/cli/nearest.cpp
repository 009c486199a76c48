// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "parser.h"

namespace execlet::cli {
namespace {

// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
std::size_t edit_distance(const std::string &a, const std::string &b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = row;
  }
  return last.back();
}

}  // namespace

std::string nearest(const std::string &word, const std::vector<std::string> &known) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 1;
  for (const std::string &candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace execlet::cli
