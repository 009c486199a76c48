// SPDX-License-Identifier: Apache-2.0
#include "start_request.h"

namespace execlet::runner {
namespace {

constexpr std::size_t kMaxSnippet = 64 * 1024 * 1024;
// Above what execve accepts; only there so that a client cannot make this process grow without bound.
constexpr std::size_t kMaxTexts = 100'000;

bool is_file_name(const std::string &name) {
  return !name.empty() && name.size() <= 200 && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

}  // namespace

void StartRequest::take_field(const Field &field) {
  switch (field.tag) {
    case Tag::kArgument:
      arguments.push_back({ArgumentKind::kText, std::string(field.value)});
      break;
    case Tag::kProgramArgument:
      arguments.push_back({ArgumentKind::kProgram, std::string(field.value)});
      break;
    case Tag::kSnippetArgument:
      arguments.push_back({ArgumentKind::kSnippetPath, {}});
      break;
    case Tag::kSnippetDirArgument:
      arguments.push_back({ArgumentKind::kSnippetDirectory, {}});
      break;
    case Tag::kEnvironment:
      environment.emplace_back(field.value);
      break;
    case Tag::kSnippetName:
      snippet_name = field.value;
      break;
    case Tag::kSnippetData:
      if (snippet_data.size() + field.value.size() > kMaxSnippet)
        too_large_ = true;
      else
        snippet_data += field.value;
      break;
    case Tag::kSnippetOwnDir:
      snippet_own_directory = field.number() != 0;
      break;
    case Tag::kLimit: {
      const LimitRecord record = field.limit();
      if (record.kind < kLimitKinds)
        limits[record.kind] = record.value;
      else
        malformed_ = true;
      break;
    }
    case Tag::kTimeoutNs:
      timeout_ns = field.number();
      break;
    case Tag::kKillGraceNs:
      kill_grace_ns = field.number();
      break;
    case Tag::kFlags:
      flags = field.number();
      break;
    case Tag::kOutputWanted:
      output_wanted = field.number();
      break;
    case Tag::kDeadlineNs:
      deadline_ns = field.number();
      break;
    case Tag::kCollect:
      collect.globs.emplace_back(field.value);
      break;
    case Tag::kCollectMaxFileBytes:
      collect.max_file_bytes = field.number();
      break;
    case Tag::kCollectMaxTotalBytes:
      collect.max_total_bytes = field.number();
      break;
    case Tag::kCollectMaxFiles:
      collect.max_files = field.number();
      break;
    default:
      break;
  }
}

void StartRequest::take(const Frame &frame) {
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (arguments.size() + environment.size() + collect.globs.size() > kMaxTexts)
      too_large_ = true;
    else
      take_field(field);
  }
  if (!reader.ok()) malformed_ = true;
}

bool StartRequest::check(Failure &failure) const {
  const auto refuse = [&](std::string_view reason, std::string message) {
    failure = {Code::kInvalidArgument, std::string(reason), std::move(message)};
    return false;
  };
  if (malformed_) return refuse("protocol.malformed", "the start message cannot be read");
  if (too_large_) return refuse("request.too-large", "the code, arguments and environment are too large");
  if (arguments.empty()) return refuse("request.no-program", "no program is given");
  bool names_snippet = false;
  for (const Argument &argument : arguments) {
    if (argument.kind == ArgumentKind::kSnippetPath || argument.kind == ArgumentKind::kSnippetDirectory)
      names_snippet = true;
    if (argument.text.find('\0') != std::string::npos) return refuse("request.nul", "an argument contains a NUL byte");
  }
  for (const std::string &entry : environment) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0 || entry.find('\0') != std::string::npos)
      return refuse("request.bad-environment", "an environment entry is not NAME=VALUE without NUL bytes");
  }
  if (names_snippet && snippet_name.empty()) return refuse("request.no-snippet", "the command line needs a snippet");
  if (!snippet_name.empty() && !is_file_name(snippet_name))
    return refuse("request.bad-snippet-name", "\"" + snippet_name + "\" is no plain file name");
  return true;
}

}  // namespace execlet::runner
