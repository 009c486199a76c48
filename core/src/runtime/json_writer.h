// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON text front to back. Results hold megabytes of output: it is escaped once, straight into the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace execlet::core {

class JsonWriter {
 public:
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);

  void string(std::string_view utf8);  // must be UTF-8
  void number(std::uint64_t value);
  void number(std::int64_t value);
  void decimal(double value);  // at most six decimals, no exponent
  void boolean(bool value);
  void null();
  void json(std::string_view text);  // a JSON value as it is

  void member(std::string_view name, std::string_view utf8) { key(name), string(utf8); }

  std::string text() && { return std::move(text_); }

 private:
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

// Adds `name`: text, and if `bytes` are no UTF-8 a lossy text beside `name`_base64 with the bytes themselves.
void write_bytes(JsonWriter &out, std::string_view name, std::string_view bytes);

}  // namespace execlet::core
