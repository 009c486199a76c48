// SPDX-License-Identifier: Apache-2.0
#include "handshake.h"

#include <cstring>

#include "refusal.h"

namespace execlet::core {
namespace {

// Everything up to here was in 1.0, so no plugin of this major can be shorter.
constexpr std::size_t kTableSize1_0 =
    offsetof(execlet_abi_plugin, get_extension) + sizeof(execlet_abi_plugin::get_extension);
constexpr std::size_t kAbsurdTableSize = 64u << 10;

const char *missing_function(const execlet_abi_plugin &table, bool needs_reset) {
  if (table.executor_create == nullptr) return "executor_create";
  if (table.executor_destroy == nullptr) return "executor_destroy";
  if (table.instance_open == nullptr) return "instance_open";
  if (table.instance_run == nullptr) return "instance_run";
  if (table.instance_close == nullptr) return "instance_close";
  if (needs_reset && table.instance_reset == nullptr) return "instance_reset (its manifest promises a reset)";
  return nullptr;
}

}  // namespace

Result<const execlet_abi_plugin *> request_table(execlet_abi_entry entry, const TableExpectation &expected) {
  const execlet_abi_plugin *table = nullptr;
  const execlet_abi_status status = entry(EXECLET_ABI_MINOR, &table);
  if (status == EXECLET_ABI_UNSUPPORTED)
    return refusal("abi.minor", expected.file + " needs a newer host than plugin ABI 1." +
                                    std::to_string(EXECLET_ABI_MINOR) + "; update execlet");
  if (status != EXECLET_ABI_OK || table == nullptr)
    return refusal("table.missing",
                   expected.file + " gave no function table (entry function returned " + std::to_string(status) + ")");
  if (table->struct_size < kTableSize1_0 || table->struct_size > kAbsurdTableSize)
    return refusal("table.size", expected.file + " gave a function table of " + std::to_string(table->struct_size) +
                                     " bytes; plugin ABI 1.0 has " + std::to_string(kTableSize1_0));
  if (table->name == nullptr || table->version == nullptr || table->manifest_json == nullptr)
    return refusal("table.missing", expected.file + " gave a function table without name, version or manifest");
  if (!expected.name.empty() && std::strncmp(table->name, expected.name.c_str(), expected.name.size() + 1) != 0)
    return refusal("manifest.mismatch", expected.file + " has another name in its function table than \"" +
                                            expected.name + "\", the one in its manifest");
  // Bounded by what is expected: the other text may not end where it should.
  if (std::strncmp(table->manifest_json, expected.manifest_text.c_str(), expected.manifest_text.size() + 1) != 0)
    return refusal(
        "manifest.mismatch",
        expected.file +
            " has another manifest in its function table than in its section " EXECLET_ABI_MANIFEST_SECTION_NAME
            "; build it again from one manifest");
  if (const char *missing = missing_function(*table, expected.needs_reset); missing != nullptr)
    return refusal("table.function", expected.file + " has no function " + missing + " in its table");
  return table;
}

}  // namespace execlet::core
