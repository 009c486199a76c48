// SPDX-License-Identifier: Apache-2.0
#include "json_writer.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "../values/text.h"

namespace execlet::core {
namespace {

void append_escape(std::string &out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      static constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

bool needs_escape(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

template <class Number>
void append_number(std::string &out, Number value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace

void JsonWriter::separate() {
  if (needs_comma_) text_ += ',';
  needs_comma_ = true;
}

void JsonWriter::begin_object() {
  separate();
  text_ += '{';
  needs_comma_ = false;
}

void JsonWriter::end_object() {
  text_ += '}';
  needs_comma_ = true;
}

void JsonWriter::begin_array() {
  separate();
  text_ += '[';
  needs_comma_ = false;
}

void JsonWriter::end_array() {
  text_ += ']';
  needs_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  string(name);
  text_ += ':';
  needs_comma_ = false;
}

void JsonWriter::string(std::string_view utf8) {
  separate();
  text_ += '"';
  std::size_t plain = 0;  // begin of what needs no escape
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (!needs_escape(c)) continue;
    text_.append(utf8, plain, i - plain);
    append_escape(text_, c);
    plain = i + 1;
  }
  text_.append(utf8, plain, utf8.size() - plain);
  text_ += '"';
}

void JsonWriter::number(std::uint64_t value) {
  separate();
  append_number(text_, value);
}

void JsonWriter::number(std::int64_t value) {
  separate();
  append_number(text_, value);
}

void JsonWriter::decimal(double value) {
  separate();
  const double rounded = std::round(value * 1e6) / 1e6;
  if (!std::isfinite(rounded)) {
    text_ += "null";
    return;
  }
  char digits[340];
  const auto end = std::to_chars(digits, digits + sizeof digits, rounded, std::chars_format::fixed).ptr;
  text_.append(digits, end);
}

void JsonWriter::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  text_ += "null";
}

void JsonWriter::json(std::string_view text) {
  separate();
  text_ += text;
}

void write_bytes(JsonWriter &out, std::string_view name, std::string_view bytes) {
  out.key(name);
  if (is_utf8(bytes)) {
    out.string(bytes);
    return;
  }
  out.string(lossy_utf8(bytes));
  out.member(std::string(name) + "_base64", base64_encode(bytes));
}

}  // namespace execlet::core
