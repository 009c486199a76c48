// SPDX-License-Identifier: Apache-2.0
#include "instance.h"

#include "environment.h"

namespace execlet::local {
namespace {

using runner::CommandWord;

std::vector<std::string> arguments_of(const execlet_abi_request &request) {
  std::vector<std::string> arguments;
  arguments.reserve(static_cast<std::size_t>(request.arg_count));
  for (std::uint64_t i = 0; i < request.arg_count; ++i) arguments.emplace_back(plugin::view(request.args[i]));
  return arguments;
}

}  // namespace

LocalInstance::LocalInstance(std::shared_ptr<const Options> options, std::unique_ptr<runner::Client> client)
    : options_(std::move(options)),
      client_(std::move(client)),
      environment_(base_environment(*options_, client_->temp_path())) {}

plugin::Status LocalInstance::run(const plugin::Call &call, const execlet_abi_request &request,
                                  execlet_abi_result &result) {
  const std::string_view entry_point = plugin::view(request.entry_point), name = plugin::view(request.language);
  const Language *language = options_->find(name);
  if (language == nullptr)
    return {EXECLET_ABI_UNSUPPORTED, "language.unsupported",
            "\"" + std::string(name) + "\" is not allowed here; this executor runs: " + options_->names(),
            options_->names_json()};

  static constexpr languages::Recipe kPlain = {"", "", "", "", false, ""};
  const languages::Recipe &recipe = language->recipe != nullptr ? *language->recipe : kPlain;
  runner::Program program;
  CommandWord source{CommandWord::Kind::kSnippet, {}}, directory{CommandWord::Kind::kSnippetDirectory, {}};
  if (entry_point.empty()) {
    program.snippet_name = "main" + language->extension;
    program.snippet = plugin::view(request.code);
    program.snippet_own_directory = recipe.own_directory;
  } else {
    // A name that begins with "-" must not be taken for an option.
    source = {CommandWord::Kind::kText, (entry_point.front() == '-' ? "./" : "") + std::string(entry_point)};
    directory = {CommandWord::Kind::kText, client_->temp_path()};
  }
  program.command =
      command_line(recipe, language->program, std::move(source), std::move(directory), arguments_of(request));
  std::string path_entry;
  program.environment = program_environment(environment_, language->program, request, path_entry);
  return client_->run(call, program, request, result);
}

plugin::Status LocalInstance::reset(const plugin::Call &call) {
  return client_->reset(call);
}

}  // namespace execlet::local
