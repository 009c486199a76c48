// SPDX-License-Identifier: Apache-2.0
#include "step_check.h"

#include <algorithm>

#include "../markdown/not_code.h"
#include "../values/json_words.h"
#include "../values/language.h"
#include "../values/relative_path.h"
#include "filename_directive.h"
#include "request_failure.h"

namespace execlet::core {
namespace {

bool contains(const std::vector<std::string> &names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Failure unsupported(std::string_view pointer, const std::string &language, const ExecutorFacts &executor,
                    const std::vector<std::string> &known) {
  return at_pointer(pointer, {EXECLET_LANGUAGE_NOT_SUPPORTED, "language.unsupported",
                              "executor " + core::quoted(executor.name()) + " does not run " + core::quoted(language) +
                                  "; it runs " + core::listed(known)});
}

Result<std::string> check_language(std::string_view pointer, const std::string &given, ExecutorFacts &executor) {
  if (given.empty()) {
    // By what is configured: which language code is taken for does not depend on what a machine happens to have.
    const auto [configured, usable] = executor.languages();
    if (configured.size() == 1) return configured.front();
    return invalid_request(pointer, "language.missing",
                           usable.empty()
                               ? "name the language of the code"
                               : "name the language of the code; this executor runs " + core::listed(usable));
  }
  Result<std::string> canonical = canonical_language(given);
  if (!canonical) return at_pointer(pointer, std::move(canonical).failure());
  const std::vector<std::string> &known = executor.manifest().capabilities.languages;
  if (!contains(known, "*") && !contains(known, *canonical)) return unsupported(pointer, *canonical, executor, known);
  return canonical;
}

// The code of one step; a "# filename:" line makes it a file and the entry point.
Result<void> set_code(std::string_view pointer, std::string_view code, Step &step) {
  const auto named = filename_directive(code);
  if (!named) {
    step.code = code;
    return {};
  }
  auto path = normalise_relative_path(*named);
  if (!path) return at_pointer(pointer, std::move(path).failure());
  step.entry_point = std::move(*path);
  step.entry_file = code;
  step.has_entry_file = true;
  return {};
}

// The blocks of one request, one after the other.
class Blocks {
 public:
  Blocks(const Request &request, ExecutorFacts &executor, PreparedRequest &out)
      : request_(request), executor_(executor), out_(out) {}

  Result<void> check() {
    out_.steps.reserve(request_.blocks.size());
    for (std::size_t i = 0; i < request_.blocks.size(); ++i) {
      if (auto done = check(i); !done) {
        Failure failure = std::move(done).failure();
        if (request_.blocks[i].line != 0) failure.message.insert(0, place(i) + ": ");
        return failure;
      }
    }
    if (!out_.steps.empty()) return {};
    std::string found;
    for (std::size_t i = 0; i < request_.blocks.size(); ++i)
      found += (i == 0 ? "" : ", ") + place(i) + " is " + core::quoted(request_.blocks[i].language);
    return invalid_request("/blocks", "request.no-blocks", "no block is code: " + core::shortened(found, 400));
  }

 private:
  // For people, who count from 1.
  std::string place(std::size_t i) const {
    return "block " + std::to_string(i + 1) + " (line " + std::to_string(request_.blocks[i].line) + ")";
  }

  Result<void> check(std::size_t i) {
    const Request::Block &block = request_.blocks[i];
    const std::string pointer = child_pointer("/blocks", std::to_string(i));
    const std::string &given = block.language.empty() ? request_.language : block.language;
    if (block.line != 0 && !given.empty()) {
      const auto canonical = canonical_language(given);
      if (canonical && is_no_code(*canonical) && !runs(*canonical)) return keep_or_skip(i, pointer, *canonical);
    }
    auto language = check_language(pointer + "/language", given, executor_);
    if (!language) return std::move(language).failure();
    if (!runs(*language)) return unsupported(pointer + "/language", *language, executor_, known());
    Step &step = out_.steps.emplace_back();
    step.language = std::move(*language);
    return set_code(pointer + "/code", block.code, step);
  }

  // A backend that tells no names takes any.
  bool runs(const std::string &language) { return known().empty() || contains(known(), language); }
  const std::vector<std::string> &known() {
    if (!asked_) known_ = executor_.languages().configured;
    asked_ = true;
    return known_;
  }

  // Data need not have comments: the line that names the file is none of it.
  Result<void> keep_or_skip(std::size_t i, const std::string &pointer, const std::string &language) {
    const std::string_view code = request_.blocks[i].code;
    const auto named = filename_directive(code);
    if (!named) {
      out_.notices.push_back(
          {"block.skipped", place(i) + ": " + core::quoted(language) + " is not code; it is left out"});
      return {};
    }
    auto path = normalise_relative_path(*named);
    if (!path) return at_pointer(pointer + "/code", std::move(path).failure());
    const std::size_t end = std::min(code.find('\n'), code.size() - 1);
    out_.files.push_back({std::move(*path), code.substr(end + 1)});
    return {};
  }

  const Request &request_;
  ExecutorFacts &executor_;
  PreparedRequest &out_;
  bool asked_ = false;
  std::vector<std::string> known_;
};

}  // namespace

Result<void> check_steps(const Request &request, ExecutorFacts &executor, PreparedRequest &out) {
  out.is_blocks = request.has_blocks;
  if (request.has_blocks) return Blocks(request, executor, out).check();
  Step &step = out.steps.emplace_back();
  auto language = check_language("/language", request.language, executor);
  if (!language) return std::move(language).failure();
  step.language = std::move(*language);
  if (request.code) return set_code("/code", *request.code, step);
  auto path = normalise_relative_path(request.entry_point);
  if (!path) return at_pointer("/entry_point", std::move(path).failure());
  step.entry_point = std::move(*path);
  return {};
}

}  // namespace execlet::core
