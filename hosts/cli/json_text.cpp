// SPDX-License-Identifier: Apache-2.0
#include "json_text.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace execlet::cli {
namespace json = boost::json;
namespace {

void write_pretty(std::string &out, const json::value &value, std::size_t indent);

template <class Container, class WriteItem>
void write_items(std::string &out, const Container &items, char open, char close, std::size_t indent,
                 WriteItem write_item) {
  out += open;
  const char *separator = "\n";
  for (const auto &item : items) {
    out += separator;
    out.append(indent + 2, ' ');
    write_item(item);
    separator = ",\n";
  }
  out += '\n';
  out.append(indent, ' ');
  out += close;
}

void write_pretty(std::string &out, const json::value &value, std::size_t indent) {
  if (value.is_object() && !value.get_object().empty()) {
    write_items(out, value.get_object(), '{', '}', indent, [&](const json::key_value_pair &member) {
      out += json::serialize(json::string(member.key())) + ": ";
      write_pretty(out, member.value(), indent + 2);
    });
  } else if (value.is_array() && !value.get_array().empty()) {
    write_items(out, value.get_array(), '[', ']', indent,
                [&](const json::value &item) { write_pretty(out, item, indent + 2); });
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::optional<json::value> parse_json(std::string_view text) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) {
    return std::nullopt;
  }
  return value;
}

json::object parse_object(std::string_view text) {
  std::optional<json::value> value = parse_json(text);
  return value && value->is_object() ? std::move(value->get_object()) : json::object();
}

std::string to_text(const json::value &value) {
  return json::serialize(value);
}

std::string to_pretty_text(const json::value &value) {
  std::string out;
  write_pretty(out, value, 0);
  out += '\n';
  return out;
}

std::string text_at(const json::object &object, std::string_view key) {
  const json::value *value = object.if_contains(key);
  if (value == nullptr || value->is_null()) {
    return {};
  }
  return value->is_string() ? std::string(value->get_string().c_str(), value->get_string().size())
                            : json::serialize(*value);
}

bool flag_at(const json::object &object, std::string_view key) {
  const json::value *value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::array list_at(const json::object &object, std::string_view key) {
  const json::value *value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : json::array();
}

json::object object_at(const json::object &object, std::string_view key) {
  const json::value *value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

std::string joined(const json::array &list, std::string_view separator) {
  std::string out;
  for (const json::value &item : list) {
    if (!out.empty()) {
      out += separator;
    }
    out += item.is_string() ? std::string(item.get_string().c_str(), item.get_string().size()) : json::serialize(item);
  }
  return out;
}

}  // namespace execlet::cli
