// SPDX-License-Identifier: Apache-2.0
//
// One step of a prepared request in the form of the plugin ABI. Everything is borrowed from the request.
#pragma once

#include <string_view>
#include <vector>

#include "execlet/plugin.h"
#include "prepared_request.h"

namespace execlet::core {

class AbiRequest {
 public:
  AbiRequest(const PreparedRequest &request, std::size_t step, std::string_view execution_id,
             std::uint64_t output_wanted, std::uint64_t collect_max_bytes);
  AbiRequest(const AbiRequest &) = delete;
  AbiRequest &operator=(const AbiRequest &) = delete;

  const execlet_abi_request &raw() const { return raw_; }

 private:
  void add_files(const PreparedRequest &request, std::size_t step);

  execlet_abi_request raw_{};
  execlet_abi_limits limits_{};
  std::vector<execlet_abi_file> files_;
  std::vector<const execlet_abi_file *> file_pointers_;
  std::vector<execlet_abi_str> args_;
  std::vector<execlet_abi_str> env_;
  std::vector<execlet_abi_str> collect_;
};

}  // namespace execlet::core
