// SPDX-License-Identifier: Apache-2.0
//
// The one translation unit that instantiates valijson.
#define VALIJSON_USE_EXCEPTIONS 1  // else a schema that is wrong ends the process
#include "option_schema.h"

#include <exception>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "../base/json_text.h"

namespace execlet::core {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxString = 64u << 10;
constexpr int kMaxDepth = 64;

Failure bad_schema(const std::string &why) {
  return {EXECLET_INTERNAL_ERROR, "manifest.schema",
          "the plugin's schema of its options cannot be used: " + why + "; this is a fault of the plugin"};
}

// Recursion would take the validator's stack: a schema that refers to itself is refused, and so are references that
// leave the document.
std::optional<std::string> reference_fault(const json::value &schema, const json::value &root, int depth) {
  if (depth > kMaxDepth) return "it is nested too deep or refers to itself";
  if (const json::array *list = schema.if_array()) {
    for (const json::value &item : *list)
      if (auto fault = reference_fault(item, root, depth + 1)) return fault;
    return std::nullopt;
  }
  const json::object *object = schema.if_object();
  if (object == nullptr) return std::nullopt;
  for (const auto &[key, value] : *object) {
    if (key == "default" || key == "enum" || key == "const" || key == "examples") continue;
    const json::value *inner = &value;
    if (key == "$ref" && value.is_string()) {
      inner = follow_reference(&schema, root);
      if (inner == nullptr) return "it has a $ref that leads nowhere in it: " + json::serialize(value);
    }
    if (auto fault = reference_fault(*inner, root, depth + 1)) return fault;
  }
  return std::nullopt;
}

std::optional<SchemaProblem> too_long(const json::value &value, const std::string &pointer) {
  if (value.is_string() && value.get_string().size() > kMaxString)
    return SchemaProblem{"value", pointer, "a string of at most 65536 bytes", false};
  if (value.is_object())
    for (const auto &member : value.get_object())
      if (auto problem = too_long(member.value(), child_pointer(pointer, member.key()))) return problem;
  if (value.is_array())
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      if (auto problem = too_long(value.get_array()[i], child_pointer(pointer, std::to_string(i)))) return problem;
  return std::nullopt;
}

// valijson's own words, for what explain_mismatch does not know: the error that is deepest in the document.
SchemaProblem deepest(valijson::ValidationResults &results) {
  SchemaProblem problem{"value", "", "a value that the backend's schema allows", true};
  std::size_t depth = 0;
  for (const auto &error : results) {
    if (error.context.size() < depth) continue;
    depth = error.context.size();
    problem.pointer.clear();
    for (std::size_t i = 1; i < error.context.size(); ++i) {
      const std::string &step = error.context[i];  // "[name]"
      append_pointer(problem.pointer, step.size() > 2 ? step.substr(1, step.size() - 2) : step);
    }
  }
  return problem;
}

}  // namespace

Result<std::optional<SchemaProblem>> check_against_schema(const json::value &value, const json::value &schema) {
  if (auto problem = too_long(value, "")) return problem;
  if (auto fault = reference_fault(schema, schema, 0)) return bad_schema(*fault);
  try {
    valijson::Schema compiled;
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::BoostJsonAdapter(schema), compiled);
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(compiled, valijson::adapters::BoostJsonAdapter(value), &results))
      return std::optional<SchemaProblem>();
    if (auto problem = explain_mismatch(value, schema)) return problem;
    return std::optional<SchemaProblem>(deepest(results));
  } catch (const std::exception &problem) {
    return bad_schema(problem.what());
  }
}

}  // namespace execlet::core
