// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

#include "../base/json_text.h"
#include "../values/json_words.h"
#include "../values/nearest_name.h"
#include "option_schema.h"

namespace execlet::core {
namespace {

namespace json = boost::json;
using Problem = std::optional<SchemaProblem>;

constexpr int kMaxDepth = 64;

std::string_view view_of(const json::string &text) {
  return {text.data(), text.size()};
}

double number_of(const json::value &value) {
  if (value.is_double()) return value.get_double();
  return value.is_uint64() ? static_cast<double>(value.get_uint64()) : static_cast<double>(value.get_int64());
}

std::size_t characters(const json::string &text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

bool has_type(const json::value &value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

std::string type_words(std::string_view type) {
  if (type == "integer") return "a whole number";
  if (type == "boolean") return "true or false";
  if (type == "null") return "null";
  return (type == "object" || type == "array" ? "an " : "a ") + std::string(type);
}

class Explanation {
 public:
  explicit Explanation(const json::value &root) : root_(root) {}

  Problem find(const json::value &value, const json::value &schema, const std::string &pointer, int depth) const {
    const json::value *followed = follow_reference(&schema, root_);
    if (depth > kMaxDepth || followed == nullptr || !followed->is_object()) return std::nullopt;
    const json::object &rules = followed->get_object();
    if (auto problem = wrong_type(value, rules, pointer)) return problem;
    if (auto problem = wrong_choice(value, rules, pointer)) return problem;
    if (auto problem = out_of_bounds(value, rules, pointer)) return problem;
    if (value.is_object())
      if (auto problem = wrong_members(value.get_object(), rules, pointer, depth)) return problem;
    if (value.is_array())
      if (auto problem = wrong_items(value.get_array(), rules, pointer, depth)) return problem;
    return no_branch(value, rules, pointer, depth);
  }

 private:
  static Problem wrong(const char *reason, const std::string &pointer, std::string expected) {
    return SchemaProblem{reason, pointer, std::move(expected), true};
  }

  static Problem wrong_type(const json::value &value, const json::object &rules, const std::string &pointer) {
    const json::value *type = rules.if_contains("type");
    if (type == nullptr) return std::nullopt;
    if (type->is_string()) {
      const std::string_view name = view_of(type->get_string());
      return has_type(value, name) ? std::nullopt : wrong("type", pointer, type_words(name));
    }
    if (!type->is_array()) return std::nullopt;
    std::string expected;
    for (const json::value &item : type->get_array()) {
      if (!item.is_string()) continue;
      const std::string_view name = view_of(item.get_string());
      if (has_type(value, name)) return std::nullopt;
      expected += (expected.empty() ? "" : " or ") + type_words(name);
    }
    return wrong("type", pointer, std::move(expected));
  }

  static Problem wrong_choice(const json::value &value, const json::object &rules, const std::string &pointer) {
    if (const json::value *only = rules.if_contains("const"); only != nullptr && *only != value)
      return wrong("value", pointer, describe_json(*only));
    const json::value *choices = rules.if_contains("enum");
    if (choices == nullptr || !choices->is_array()) return std::nullopt;
    std::string expected;
    for (const json::value &choice : choices->get_array()) {
      if (choice == value) return std::nullopt;
      expected += (expected.empty() ? "" : ", ") + describe_json(choice);
    }
    return wrong("value", pointer, "one of " + expected);
  }

  static Problem out_of_bounds(const json::value &value, const json::object &rules, const std::string &pointer) {
    struct Bound {
      const char *keyword;
      bool (*holds)(double value, double bound);
      const char *words;
    };
    static constexpr Bound kNumbers[] = {
        {"minimum", [](double v, double b) { return v >= b; }, "a number of at least "},
        {"maximum", [](double v, double b) { return v <= b; }, "a number of at most "},
        {"exclusiveMinimum", [](double v, double b) { return v > b; }, "a number above "},
        {"exclusiveMaximum", [](double v, double b) { return v < b; }, "a number below "}};
    static constexpr Bound kStrings[] = {
        {"minLength", [](double v, double b) { return v >= b; }, "a string of a length of at least "},
        {"maxLength", [](double v, double b) { return v <= b; }, "a string of a length of at most "}};
    static constexpr Bound kArrays[] = {
        {"minItems", [](double v, double b) { return v >= b; }, "an array whose number of items is at least "},
        {"maxItems", [](double v, double b) { return v <= b; }, "an array whose number of items is at most "}};
    const auto check = [&](double amount, const auto &bounds) -> Problem {
      for (const Bound &bound : bounds) {
        const json::value *limit = rules.if_contains(bound.keyword);
        if (limit == nullptr || !limit->is_number() || bound.holds(amount, number_of(*limit))) continue;
        return wrong("value", pointer, bound.words + describe_json(*limit));
      }
      return std::nullopt;
    };
    if (value.is_number()) return check(number_of(value), kNumbers);
    if (value.is_string()) return check(static_cast<double>(characters(value.get_string())), kStrings);
    if (value.is_array()) return check(static_cast<double>(value.get_array().size()), kArrays);
    return std::nullopt;
  }

  Problem wrong_members(const json::object &object, const json::object &rules, const std::string &pointer,
                        int depth) const {
    static const json::object kNone;
    const json::value *properties = rules.if_contains("properties");
    const json::object &known = properties != nullptr && properties->is_object() ? properties->get_object() : kNone;
    const json::value *others = rules.if_contains("additionalProperties");
    for (const auto &member : object) {
      const std::string at = child_pointer(pointer, member.key());
      const json::value *schema = known.if_contains(member.key());
      if (schema == nullptr) schema = others;
      if (schema == nullptr) continue;
      if (schema->is_bool() && !schema->get_bool()) return unknown_key(member.key(), known, at);
      if (auto problem = find(member.value(), *schema, at, depth + 1)) return problem;
    }
    const json::value *required = rules.if_contains("required");
    if (required == nullptr || !required->is_array()) return std::nullopt;
    for (const json::value &key : required->get_array())
      if (key.is_string() && !object.contains(key.get_string()))
        return SchemaProblem{"missing-key", pointer, "needs the key " + core::quoted(view_of(key.get_string())), false};
    return std::nullopt;
  }

  static Problem unknown_key(std::string_view key, const json::object &known, const std::string &pointer) {
    std::vector<std::string> names;
    std::string all;
    for (const auto &property : known) {
      names.emplace_back(property.key());
      all += (all.empty() ? "" : ", ") + names.back();
    }
    const std::string nearest = nearest_name(key, names);
    std::string message = "unknown option " + core::quoted(key);
    if (!nearest.empty())
      message += "; did you mean " + core::quoted(nearest) + "?";
    else
      message += all.empty() ? "; there are none here" : "; the options here are " + all;
    return SchemaProblem{"unknown-key", pointer, std::move(message), false};
  }

  Problem wrong_items(const json::array &array, const json::object &rules, const std::string &pointer,
                      int depth) const {
    const json::value *items = rules.if_contains("items");
    if (items == nullptr) return std::nullopt;
    for (std::size_t i = 0; i < array.size(); ++i) {
      const json::value *schema = items;
      if (items->is_array()) {
        if (i >= items->get_array().size()) break;
        schema = &items->get_array()[i];
      }
      if (auto problem = find(array[i], *schema, child_pointer(pointer, std::to_string(i)), depth + 1)) return problem;
    }
    return std::nullopt;
  }

  // Of several alternatives, the one that the value came deepest into is what was meant; when none got beyond the value
  // itself, all of them are named.
  Problem no_branch(const json::value &value, const json::object &rules, const std::string &pointer, int depth) const {
    if (const json::value *all = rules.if_contains("allOf"); all != nullptr && all->is_array())
      for (const json::value &schema : all->get_array())
        if (auto problem = find(value, schema, pointer, depth + 1)) return problem;
    for (const char *keyword : {"anyOf", "oneOf"}) {
      const json::value *branches = rules.if_contains(keyword);
      if (branches == nullptr || !branches->is_array()) continue;
      Problem best;
      std::string expected;
      for (const json::value &schema : branches->get_array()) {
        Problem problem = find(value, schema, pointer, depth + 1);
        if (!problem) {
          best.reset();
          expected.clear();
          break;
        }
        if (problem->pointer == pointer && problem->shows_found)
          expected += (expected.empty() ? "" : " or ") + problem->expected;
        const bool deeper = !best || problem->pointer.size() > best->pointer.size() ||
                            (best->reason == "type" && problem->reason != "type");
        if (deeper) best = std::move(problem);
      }
      if (!best) continue;
      if (best->pointer == pointer && best->shows_found) best->expected = expected;
      return best;
    }
    return std::nullopt;
  }

  const json::value &root_;
};

}  // namespace

std::optional<SchemaProblem> explain_mismatch(const json::value &value, const json::value &schema) {
  return Explanation(schema).find(value, schema, "", 0);
}

const json::value *follow_reference(const json::value *schema, const json::value &root) {
  for (int steps = 0; steps < kMaxDepth; ++steps) {
    const json::object *object = schema->if_object();
    const json::value *reference = object != nullptr ? object->if_contains("$ref") : nullptr;
    if (reference == nullptr || !reference->is_string()) return schema;
    const std::string_view text = view_of(reference->get_string());
    if (text.substr(0, 1) != "#") return nullptr;
    boost::system::error_code error;
    schema = root.find_pointer(text.substr(1), error);
    if (error || schema == nullptr) return nullptr;
  }
  return nullptr;
}

}  // namespace execlet::core
