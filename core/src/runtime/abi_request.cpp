// SPDX-License-Identifier: Apache-2.0
#include "abi_request.h"

#include "../instance/abi_limits.h"
#include "../loader/abi_text.h"

namespace execlet::core {
namespace {

std::vector<execlet_abi_str> borrow_all(const std::vector<std::string> &texts) {
  std::vector<execlet_abi_str> out;
  out.reserve(texts.size());
  for (const std::string &text : texts) out.push_back(borrow(text));
  return out;
}

// A request has bytes and no permissions: a program is what the kernel would take for one.
bool is_program(std::string_view data) {
  return data.starts_with("#!") || data.starts_with(
                                       "\x7f"
                                       "ELF");
}

}  // namespace

AbiRequest::AbiRequest(const PreparedRequest &request, std::size_t step, std::string_view execution_id,
                       std::uint64_t output_wanted, std::uint64_t collect_max_bytes)
    : limits_(to_abi(request.passed_limits)),
      args_(borrow_all(request.source->args)),
      env_(borrow_all(request.env)),
      collect_(borrow_all(request.collect)) {
  const Step &what = request.steps[step];
  add_files(request, step);
  raw_.struct_size = sizeof raw_;
  if (!request.source->stdin_data.empty() || request.source->open_stdin) raw_.flags |= EXECLET_ABI_REQUEST_HAS_INPUT;
  if (request.best_effort) raw_.flags |= EXECLET_ABI_REQUEST_BEST_EFFORT;
  raw_.execution_id = borrow(execution_id);
  raw_.language = borrow(what.language);
  raw_.code = borrow(what.code);
  raw_.entry_point = borrow(what.entry_point);
  raw_.files = file_pointers_.data();
  raw_.file_count = file_pointers_.size();
  raw_.args = args_.data();
  raw_.arg_count = args_.size();
  raw_.env = env_.data();
  raw_.env_count = env_.size();
  raw_.collect = collect_.data();
  raw_.collect_count = collect_.size();
  raw_.limits = &limits_;
  raw_.timeout_ns = static_cast<std::uint64_t>(request.timeout.count());
  raw_.kill_grace_ns = static_cast<std::uint64_t>(request.kill_grace.count());
  raw_.network = borrow(request.source->network);
  raw_.metadata_json = borrow(request.source->metadata);
  raw_.output_wanted = output_wanted;
  raw_.collect_max_bytes = collect_max_bytes;
}

// The request's files come with the first step: a later one must not undo what an earlier one made of them.
void AbiRequest::add_files(const PreparedRequest &request, std::size_t step) {
  const Step &what = request.steps[step];
  const auto add = [&](std::string_view path, std::string_view data) {
    execlet_abi_file file{};
    file.struct_size = sizeof file;
    file.path = borrow(path);
    file.data = borrow(data);
    if (is_program(data)) file.mode = 0755;
    files_.push_back(file);
  };
  if (step == 0) {
    for (const PreparedFile &file : request.files) add(file.path, file.data);
  }
  if (what.has_entry_file) add(what.entry_point, what.entry_file);
  file_pointers_.reserve(files_.size());
  for (const execlet_abi_file &file : files_) file_pointers_.push_back(&file);
}

}  // namespace execlet::core
