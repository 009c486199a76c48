// SPDX-License-Identifier: Apache-2.0
#include "handshake.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "manifest_reader.h"
#include "refusal.h"

namespace execlet::core {
namespace {

// Everything up to here was in 1.0, so no plugin of this major can be shorter.
constexpr std::size_t kTableSize1_0 =
    offsetof(execlet_abi_plugin, get_extension) + sizeof(execlet_abi_plugin::get_extension);
constexpr std::size_t kAbsurdTableSize = 64u << 10;
constexpr std::size_t kMostName = 64;

class TableInspection {
 public:
  TableInspection(const TableExpectation &expected, std::vector<Failure> &problems)
      : expected_(expected), problems_(problems) {}

  const execlet_abi_plugin *inspect(execlet_abi_entry entry) {
    const std::size_t before = problems_.size();
    const execlet_abi_plugin *table = take(entry);
    if (table == nullptr) return nullptr;
    check_texts(*table);
    check_functions(*table);
    return problems_.size() == before ? table : nullptr;
  }

 private:
  void fail(std::string reason, const std::string &what) {
    problems_.push_back(refusal(std::move(reason), expected_.file + " " + what));
  }

  // Null if there is none, or one that cannot be looked into.
  const execlet_abi_plugin *take(execlet_abi_entry entry) {
    const execlet_abi_plugin *table = nullptr;
    const execlet_abi_status status = entry(EXECLET_ABI_MINOR, &table);
    if (status == EXECLET_ABI_UNSUPPORTED)
      fail("abi.minor",
           "needs a newer host than plugin ABI 1." + std::to_string(EXECLET_ABI_MINOR) + "; update execlet");
    else if (status != EXECLET_ABI_OK || table == nullptr)
      fail("table.missing", "gave no function table (entry function returned " + std::to_string(status) + ")");
    else if (table->struct_size < kTableSize1_0 || table->struct_size > kAbsurdTableSize)
      fail("table.size", "gave a function table of " + std::to_string(table->struct_size) +
                             " bytes; plugin ABI 1.0 has " + std::to_string(kTableSize1_0));
    else
      return table;
    return nullptr;
  }

  void check_texts(const execlet_abi_plugin &table) {
    if (table.name == nullptr || table.version == nullptr || table.manifest_json == nullptr)
      return fail("table.missing", "gave a function table without name, version or manifest");
    // Bounded by what is expected: the other text may not end where it should.
    if (!expected_.name.empty() && std::strncmp(table.name, expected_.name.c_str(), expected_.name.size() + 1) != 0)
      fail("manifest.mismatch", "is called \"" + expected_.name + "\" in its manifest and \"" +
                                    printable(std::string_view(table.name, strnlen(table.name, kMostName))) +
                                    "\" in its function table; make them one");
    if (std::strncmp(table.manifest_json, expected_.manifest_text.c_str(), expected_.manifest_text.size() + 1) != 0)
      fail("manifest.mismatch",
           "has another manifest in its function table than in its section " EXECLET_ABI_MANIFEST_SECTION_NAME
           "; build it again from one manifest");
  }

  void check_functions(const execlet_abi_plugin &table) {
    std::string missing;
    const auto need = [&](bool is_there, const char *name) {
      if (!is_there) missing += (missing.empty() ? "" : ", ") + std::string(name);
    };
    need(table.executor_create != nullptr, "executor_create");
    need(table.executor_destroy != nullptr, "executor_destroy");
    need(table.instance_open != nullptr, "instance_open");
    need(table.instance_run != nullptr, "instance_run");
    need(table.instance_close != nullptr, "instance_close");
    need(!expected_.needs_reset || table.instance_reset != nullptr, "instance_reset (its manifest promises a reset)");
    if (!missing.empty()) fail("table.function", "has no function " + missing + " in its table");
  }

  const TableExpectation &expected_;
  std::vector<Failure> &problems_;
};

}  // namespace

Result<const execlet_abi_plugin *> request_table(execlet_abi_entry entry, const TableExpectation &expected) {
  std::vector<Failure> problems;
  const execlet_abi_plugin *table = inspect_table(entry, expected, problems);
  if (!problems.empty()) return std::move(problems.front());
  return table;
}

const execlet_abi_plugin *inspect_table(execlet_abi_entry entry, const TableExpectation &expected,
                                        std::vector<Failure> &problems) {
  return TableInspection(expected, problems).inspect(entry);
}

}  // namespace execlet::core
