// SPDX-License-Identifier: Apache-2.0
#include "manifest.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <exception>
#include <utility>

#include "manifest_reader.h"
#include "refusal.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

constexpr std::int64_t kManifestVersion = 1;
constexpr std::size_t kMaxNameSize = 63;

Result<json::object> parse_object(std::string_view text) {
  // The parser that allocates reports lack of memory by an exception, everything else by the code.
  try {
    json::error_code error;
    json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) return refusal("manifest.malformed", "the manifest is not JSON: " + error.message());
    if (!value.is_object()) return refusal("manifest.malformed", "the manifest is not a JSON object");
    return std::move(value.as_object());
  } catch (const std::exception &problem) {
    return refusal("manifest.malformed", std::string("the manifest cannot be read: ") + problem.what());
  }
}

void read_limits(ManifestReader &reader, Capabilities &capabilities) {
  ManifestReader limits = reader.object("limits");
  for (execlet_abi_limit kind = 0; kind < EXECLET_ABI_LIMIT_COUNT; ++kind) {
    const std::string_view name = limit_name(kind);
    if (!limits.has(name)) continue;
    ManifestReader limit = limits.object(name);
    LimitCapability &capability = capabilities.limits[static_cast<std::size_t>(kind)];
    capability.scope = limit.choice<LimitScope>(
        "scope", {{"none", LimitScope::kNone}, {"run", LimitScope::kRun}, {"instance", LimitScope::kInstance}});
    if (capability.scope != LimitScope::kNone) capability.how = limit.text("how");
  }
}

Capabilities read_capabilities(ManifestReader &manifest) {
  ManifestReader reader = manifest.object("capabilities");
  Capabilities capabilities;
  capabilities.isolation = reader.choice<Isolation>("isolation", {{"none", Isolation::kNone},
                                                                  {"process", Isolation::kProcess},
                                                                  {"container", Isolation::kContainer},
                                                                  {"remote", Isolation::kRemote}});
  capabilities.persistent_state = reader.choice<bool>("state", {{"none", false}, {"persistent", true}});
  capabilities.reset =
      reader.choice<Reset>("reset", {{"none", Reset::kNone}, {"process", Reset::kProcess}, {"clean", Reset::kClean}});
  capabilities.languages = reader.words("languages");
  if (capabilities.languages.empty())
    reader.fail("languages", "names no language; [\"*\"] means any that is configured");
  capabilities.stdin_data = reader.flag("stdin");
  capabilities.files = reader.flag("files");
  capabilities.rich_output = reader.flag("rich_output");
  capabilities.setup = reader.text_or("setup", "none");
  capabilities.speed = reader.text_or("speed", "");
  capabilities.network = reader.words("network");
  if (reader.has("limits")) read_limits(reader, capabilities);
  return capabilities;
}

// The form that the core relies on; the schema as a whole is judged when options are checked against it. Regular
// expressions are refused because the validator's could be made to run for ever.
void check_schema(const json::value &schema, ManifestReader &reader, const std::string &pointer) {
  if (const json::array *list = schema.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) check_schema((*list)[i], reader, pointer + "/" + std::to_string(i));
    return;
  }
  const json::object *object = schema.if_object();
  if (object == nullptr) return;
  for (const auto &[key, value] : *object) {
    const std::string at = pointer + "/" + std::string(key);
    // Below "properties" keys are names of options, below these others they are data.
    if (key == "default" || key == "enum" || key == "const" || key == "examples") continue;
    if (key == "properties") {
      if (!value.is_object()) return reader.fail_at(at, "is not an object");
      for (const auto &[name, property] : value.as_object()) {
        if (!property.is_object()) return reader.fail_at(at + "/" + std::string(name), "is not a schema object");
        check_schema(property, reader, at + "/" + std::string(name));
      }
      continue;
    }
    if (key == "pattern" || key == "format" || key == "patternProperties")
      return reader.fail_at(at, "is not allowed in a plugin's schema");
    if ((key == "x-execlet-role" && !value.is_string()) || (key == "x-execlet-secret" && !value.is_bool()))
      return reader.fail_at(at, "has the wrong type");
    check_schema(value, reader, at);
  }
}

json::value read_schema(ManifestReader &reader) {
  json::value schema = reader.take_object("options");
  json::object &object = schema.as_object();
  if (const json::value *type = object.if_contains("type"); type != nullptr && *type != json::value("object"))
    reader.fail_at("/options/type", "must be \"object\"");
  check_schema(schema, reader, "/options");
  return schema;
}

// False if it does not say what ABI it is made for.
bool read_identity(ManifestReader &reader, Manifest &manifest, std::vector<Failure> &problems) {
  manifest.name = reader.text("name");
  if (!manifest.name.empty() && !is_plugin_name(manifest.name))
    problems.push_back(refusal("manifest.name", "the manifest's name \"" + printable(manifest.name) +
                                                    "\" is not of the form [a-z][a-z0-9-]*, at most 63 characters"));
  manifest.version = reader.text("version");
  manifest.description = reader.text_or("description", "");
  manifest.license = reader.text_or("license", "");
  const std::size_t before = problems.size();
  ManifestReader abi = reader.object("abi");
  manifest.abi_major = abi.small_number("major");
  manifest.abi_min_minor = abi.small_number("min_minor");
  return problems.size() == before;
}

Result<void> check_abi(const Manifest &manifest) {
  if (manifest.abi_major != EXECLET_ABI_MAJOR)
    return refusal("abi.major", "the plugin " + printable(manifest.name) + " is made for plugin ABI " +
                                    std::to_string(manifest.abi_major) + ", this execlet has " +
                                    std::to_string(EXECLET_ABI_MAJOR) + "; get a build of it for this version");
  if (manifest.abi_min_minor > EXECLET_ABI_MINOR)
    return refusal("abi.minor", "the plugin " + printable(manifest.name) + " needs plugin ABI 1." +
                                    std::to_string(manifest.abi_min_minor) + " or later, this execlet has 1." +
                                    std::to_string(EXECLET_ABI_MINOR) + "; update execlet");
  return {};
}

}  // namespace

bool is_plugin_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameSize || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Result<Manifest> Manifest::parse(std::string_view text) {
  std::vector<Failure> problems;
  std::optional<Manifest> manifest = inspect(text, problems);
  if (!manifest) return std::move(problems.front());
  return *std::move(manifest);
}

std::optional<Manifest> Manifest::inspect(std::string_view text, std::vector<Failure> &problems) {
  Result<json::object> document = parse_object(text);
  if (!document) {
    problems.push_back(std::move(document).failure());
    return std::nullopt;
  }
  const std::size_t before = problems.size();
  ManifestReader reader(std::move(*document), "", problems);
  // Before anything else is looked at: a later version may mean something else by every other key.
  const std::int64_t version = reader.number("manifest_version");
  if (problems.size() == before && version != kManifestVersion)
    problems.push_back(refusal("manifest.version", "the manifest has version " + std::to_string(version) +
                                                       ", this execlet reads version " +
                                                       std::to_string(kManifestVersion)));
  if (problems.size() != before) return std::nullopt;

  Manifest manifest;
  // Also before the rest: capabilities of another ABI need not have this form.
  if (read_identity(reader, manifest, problems)) {
    if (auto spoken = check_abi(manifest); !spoken) {
      problems.push_back(std::move(spoken).failure());
      return std::nullopt;
    }
  }
  manifest.capabilities = read_capabilities(reader);
  manifest.options_schema = reader.has("options") ? read_schema(reader) : json::value(json::object{{"type", "object"}});
  if (problems.size() != before) return std::nullopt;
  manifest.text = std::string(text);
  return manifest;
}

}  // namespace execlet::core
