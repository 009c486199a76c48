// SPDX-License-Identifier: Apache-2.0
//
// A configuration as text again, without its secrets.
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "../base/json_text.h"
#include "config.h"
#include "config_text.h"
#include "option_schema.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

constexpr std::string_view kHidden = "***";

// By its name alone, for options of backends whose schema is not at hand and for maps of the user's own making.
bool sounds_secret(std::string_view key) {
  constexpr std::array<std::string_view, 9> kWords = {"token",      "password", "passwd", "passphrase", "secret",
                                                      "credential", "api_key",  "apikey", "private_key"};
  std::string lower(key);
  for (char &c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  for (const std::string_view word : kWords)
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

// The schema of one member. References lead into the schema as a whole.
const json::value *property_schema(const json::value *schema, std::string_view key, const json::value *root) {
  const json::object *object = schema != nullptr ? schema->if_object() : nullptr;
  if (object == nullptr) return nullptr;
  if (const json::value *properties = object->if_contains("properties"); properties && properties->is_object())
    if (const json::value *property = properties->get_object().if_contains(key))
      return follow_reference(property, *root);
  const json::value *others = object->if_contains("additionalProperties");
  return others != nullptr ? follow_reference(others, *root) : nullptr;
}

bool marked_secret(const json::value *schema) {
  const json::object *object = schema != nullptr ? schema->if_object() : nullptr;
  const json::value *mark = object != nullptr ? object->if_contains("x-execlet-secret") : nullptr;
  return mark != nullptr && mark->is_bool() && mark->get_bool();
}

class Hiding {
 public:
  // `schema` of what is copied, or null.
  Hiding(const ConfigText *text, const json::value *schema) : text_(text), root_(schema) {}

  json::value copy(const json::value &value, const std::string &pointer) const { return copy(value, root_, pointer); }
  json::value text(std::string_view value, const std::string &pointer) const {
    return copy(json::value(json::string_view(value.data(), value.size())), nullptr, pointer);
  }

 private:
  json::value copy(const json::value &value, const json::value *schema, const std::string &pointer) const {
    if (marked_secret(schema) || (text_ != nullptr && text_->secrets.count(pointer) != 0)) return kHidden.data();
    if (value.is_object()) {
      json::object out;
      for (const auto &member : value.get_object()) {
        const std::string key(member.key());
        const bool hide = sounds_secret(key) && (member.value().is_string() || member.value().is_structured());
        out[key] = hide ? json::value(kHidden.data())
                        : copy(member.value(), property_schema(schema, key, root_), child_pointer(pointer, key));
      }
      return out;
    }
    if (value.is_array()) {
      const json::object *object = schema != nullptr ? schema->if_object() : nullptr;
      const json::value *items = object != nullptr ? object->if_contains("items") : nullptr;
      if (items != nullptr) items = follow_reference(items, *root_);
      json::array out;
      for (const json::value &item : value.get_array())
        out.push_back(copy(item, items, child_pointer(pointer, std::to_string(out.size()))));
      return out;
    }
    return value.is_string() ? literal(value.get_string()) : value;
  }

  // As a configuration has to say it, so that it is no reference.
  static json::value literal(const json::string &text) {
    std::string out(text.data(), text.size());
    for (std::size_t at = out.find("${"); at != std::string::npos; at = out.find("${", at + 3)) out.insert(at, 1, '$');
    return json::value(json::string_view(out));
  }

  const ConfigText *text_;
  const json::value *root_;
};

// In the unit of the configuration, not of the ABI.
json::value limit_value(execlet_abi_limit kind, std::uint64_t amount) {
  if (kind == EXECLET_ABI_LIMIT_CPUS) return static_cast<double>(amount) / 1000;
  if (kind == EXECLET_ABI_LIMIT_CPU_TIME) return static_cast<double>(amount) / 1e9;
  return amount;
}

json::object pool_json(const PoolSettings &pool) {
  json::object out = {{"min_idle", pool.min_idle}};
  if (pool.max) out["max"] = *pool.max;
  out["idle_timeout"] = pool.idle_timeout;
  if (pool.max_lifetime) out["max_lifetime"] = *pool.max_lifetime;
  if (pool.max_uses) out["max_uses"] = *pool.max_uses;
  out["max_wait"] = pool.max_wait;
  return out;
}

json::object session_json(const SessionSettings &session) {
  json::object out = {{"idle_timeout", session.idle_timeout}, {"max", session.max}};
  if (session.max_lifetime) out["max_lifetime"] = *session.max_lifetime;
  return out;
}

json::object settings_json(const CoreSettings &core) {
  json::object out;
  if (core.timeout) out["timeout"] = *core.timeout;
  if (core.kill_grace) out["kill_grace"] = *core.kill_grace;
  if (core.startup_timeout) out["startup_timeout"] = *core.startup_timeout;
  json::object limits;
  for (std::size_t i = 0; i < core.limits.size(); ++i) {
    const auto kind = static_cast<execlet_abi_limit>(i);
    if (core.limits[i]) limits[limit_name(kind)] = limit_value(kind, *core.limits[i]);
  }
  if (!limits.empty()) out["limits"] = std::move(limits);
  if (core.pool) out["pool"] = pool_json(*core.pool);
  out["session"] = session_json(core.session);
  out["best_effort"] = core.best_effort;
  out["output_retention"] = core.output_retention;
  return out;
}

}  // namespace

std::string Config::to_json(const SchemaOfBackend &schema_of_backend) const {
  const Hiding hiding(text.get(), nullptr);
  json::object out;
  json::array dirs;
  for (const std::string &dir : plugin_dirs)
    dirs.push_back(hiding.text(dir, child_pointer("/plugin_dirs", std::to_string(dirs.size()))));
  out["plugin_dirs"] = std::move(dirs);
  if (!default_executor.empty()) out["default"] = hiding.text(default_executor, "/default");
  json::object all;
  for (const auto &[name, executor] : executors) {
    json::object one;
    one["backend"] = hiding.text(executor.backend, executor.pointer + "/backend");
    const json::value *schema = schema_of_backend ? schema_of_backend(executor.backend) : nullptr;
    one["options"] = Hiding(executor.text.get(), schema).copy(executor.options, executor.pointer + "/options");
    for (const auto &member : settings_json(executor.core)) one[member.key()] = member.value();
    all[name] = std::move(one);
  }
  out["executors"] = std::move(all);
  return pretty_json(out);
}

}  // namespace execlet::core
