// SPDX-License-Identifier: Apache-2.0
//
// From a JSON document to a Config: every key is known, has the right type and makes sense.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config.h"
#include "config_text.h"

namespace execlet::core {

// Keys of a configuration file and of one executor. `kLater` ones are planned; using them is an error for now.
const std::vector<std::string> &config_keys();
const std::vector<std::string> &executor_keys();
const std::vector<std::string> &later_executor_keys();

class ConfigReader {
 public:
  ConfigReader(std::shared_ptr<const ConfigText> text, std::filesystem::path base_dir)
      : text_(std::move(text)), base_dir_(std::move(base_dir)) {}

  Result<Config> config(const boost::json::value &document) const;
  Result<ExecutorConfig> executor(std::string name, const boost::json::value &value, std::string pointer) const;

 private:
  Failure wrong(std::string_view reason, std::string_view pointer, std::string_view message) const;
  Failure wrong_type(std::string_view pointer, std::string_view expected, const boost::json::value &found) const;
  // A failure of a value's own parser, with its place.
  Failure placed(std::string_view pointer, const Failure &failure) const;
  Result<void> check_keys(const boost::json::object &object, std::string_view pointer,
                          const std::vector<std::string> &known, const std::vector<std::string> &later,
                          std::string_view advice) const;
  Result<void> read_plugin_dirs(const boost::json::value &value, Config &config) const;
  Result<void> read_executors(const boost::json::value &value, Config &config) const;
  Result<void> read_default(const boost::json::value &value, Config &config) const;
  Result<void> read_settings(const boost::json::object &object, const std::string &pointer, CoreSettings &core) const;
  // The value of `key`, if it is there: a whole number in that range; a time.
  Result<std::optional<std::uint64_t>> count(const boost::json::object &object, const std::string &pointer,
                                             const char *key, std::uint64_t least, std::uint64_t most) const;
  using ParseSeconds = Result<double> (*)(const boost::json::value &);
  Result<std::optional<double>> seconds(const boost::json::object &object, const std::string &pointer, const char *key,
                                        ParseSeconds parse) const;
  Result<void> read_pool(const boost::json::value &value, const std::string &pointer, PoolSettings &pool) const;
  Result<void> read_session(const boost::json::value &value, const std::string &pointer,
                            SessionSettings &session) const;
  Result<void> read_limits(const boost::json::value &value, const std::string &pointer, CoreSettings &core) const;

  std::shared_ptr<const ConfigText> text_;
  std::filesystem::path base_dir_;
};

}  // namespace execlet::core
