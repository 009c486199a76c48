// SPDX-License-Identifier: Apache-2.0
#include "json_text.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <exception>
#include <unordered_set>
#include <vector>

namespace execlet::core {
namespace {

namespace json = boost::json;

// Builds the value, follows the JSON pointer, and stops at a key that is there already.
class Handler {
 public:
  // Names that the parser asks for.
  // NOLINTBEGIN(readability-identifier-naming)
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  // NOLINTEND(readability-identifier-naming)

  using Lines = std::map<std::string, std::size_t, std::less<>>;

  explicit Handler(Lines *lines) : lines_(lines) {}

  // Where the text handed to the parser next begins; `line` is that of its last byte.
  void at(std::size_t offset, std::size_t line) {
    offset_ = offset;
    line_ = line;
  }
  json::value release() { return values_.release(); }
  bool duplicate() const { return duplicate_; }
  std::size_t key_offset() const { return key_offset_; }
  const std::string &pointer() const { return pointer_; }

  bool on_document_begin(json::error_code &) {
    values_.reset();
    return true;
  }
  bool on_document_end(json::error_code &) { return true; }
  bool on_object_begin(json::error_code &) { return open(true); }
  bool on_object_end(std::size_t size, json::error_code &) {
    values_.push_object(size);
    return close();
  }
  bool on_array_begin(json::error_code &) { return open(false); }
  bool on_array_end(std::size_t size, json::error_code &) {
    values_.push_array(size);
    return close();
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code &) {
    begin_key();
    key_ += std::string_view(part.data(), part.size());
    values_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code &error) {
    begin_key();
    key_ += std::string_view(part.data(), part.size());
    in_key_ = false;
    values_.push_key(part);
    Level &level = levels_.back();
    pointer_.resize(level.pointer_size);
    append_pointer(pointer_, key_);
    if (lines_) lines_->emplace(pointer_, line_);
    duplicate_ = !level.keys.insert(std::move(key_)).second;
    key_.clear();
    if (duplicate_) error = json::error::syntax;
    return !duplicate_;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code &) {
    values_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code &) {
    begin_value();
    values_.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, json::error_code &) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code &) {
    begin_value();
    values_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code &) {
    begin_value();
    values_.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view, json::error_code &error) {
    begin_value();
    if (!std::isfinite(number)) {
      error = json::error::exponent_overflow;
      return false;
    }
    values_.push_double(number);
    return true;
  }
  bool on_bool(bool value, json::error_code &) {
    begin_value();
    values_.push_bool(value);
    return true;
  }
  bool on_null(json::error_code &) {
    begin_value();
    values_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code &) { return false; }
  bool on_comment(json::string_view, json::error_code &) { return false; }

 private:
  struct Level {
    bool is_object;
    std::size_t pointer_size;
    std::size_t next_item = 0;
    std::unordered_set<std::string> keys;
  };

  void begin_key() {
    if (in_key_) return;
    in_key_ = true;
    key_offset_ = offset_ == 0 ? 0 : offset_ - 1;  // the opening quote ended the piece before
  }
  void begin_value() {
    if (levels_.empty() || levels_.back().is_object) return;
    Level &level = levels_.back();
    pointer_.resize(level.pointer_size);
    append_pointer(pointer_, std::to_string(level.next_item++));
    if (lines_) lines_->emplace(pointer_, line_);
  }
  bool open(bool is_object) {
    begin_value();
    levels_.push_back({is_object, pointer_.size(), 0, {}});
    return true;
  }
  bool close() {
    pointer_.resize(levels_.back().pointer_size);
    levels_.pop_back();
    return true;
  }

  json::value_stack values_;
  Lines *lines_;
  std::vector<Level> levels_;
  std::string pointer_;
  std::string key_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
  std::size_t key_offset_ = 0;
  bool in_key_ = false;
  bool duplicate_ = false;
};

struct Outcome {
  json::error_code error;
  std::size_t offset = 0;  // where the error is
  bool extra = false;      // something follows the value
};

// With positions, a piece ends at each quote and newline: then a key is announced in the piece that follows its opening
// quote, and anything on the piece's last line.
Outcome feed(json::basic_parser<Handler> &parser, std::string_view text, bool positions) {
  Outcome outcome;
  std::size_t line = 1;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.size();
    if (positions) end = std::min(text.find_first_of("\"\n", begin), text.size() - 1) + 1;
    parser.handler().at(begin, line);
    const std::size_t used = parser.write_some(true, text.data() + begin, end - begin, outcome.error);
    outcome.offset = begin + used;
    outcome.extra = !outcome.error && outcome.offset < end;
    if (outcome.error || outcome.extra) return outcome;
    if (text[end - 1] == '\n') ++line;
    begin = end;
  }
  outcome.offset = text.size();
  parser.write_some(false, "", 0, outcome.error);
  return outcome;
}

// Comments become blanks, so that every offset stays true. Done here because Boost.JSON 1.81 loses its place when a
// comment spans two pieces. A comment that is not closed stays, for the parser to refuse.
std::string without_comments(std::string_view text) {
  std::string out(text);
  bool in_string = false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (in_string && out[i] == '\\') {
      ++i;
    } else if (out[i] == '"') {
      in_string = !in_string;
    }
    if (in_string || out[i] != '/' || i + 1 == out.size()) continue;
    std::size_t end = std::string::npos;
    if (out[i + 1] == '/') end = std::min(out.find('\n', i), out.size());
    if (out[i + 1] == '*') end = out.find("*/", i + 2);
    if (end == std::string::npos) continue;
    if (out[i + 1] == '*') end += 2;
    for (; i < end; ++i)
      if (out[i] != '\n') out[i] = ' ';
    --i;
  }
  return out;
}

std::string character_at(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "the end of the text";
  const auto c = static_cast<unsigned char>(text[offset]);
  if (c == '\n' || c == '\r') return "the end of the line";
  if (c < 0x20 || c == 0x7F) return "a control character";
  if (c >= 0x80) return "a character that is not ASCII or not UTF-8";
  return std::string("'") + text[offset] + '\'';
}

std::string advice(std::string_view text, std::size_t offset, bool comments) {
  if (offset >= text.size()) return "; something is not closed";
  const char found = text[offset];
  if (found == '\'') return "; strings are written with \"";
  if (found == '/' || found == '#')
    return comments ? "; comments are // to the end of the line or /* … */" : "; comments are not allowed here";
  if (found != '}' && found != ']') return {};
  const std::size_t before = text.substr(0, offset).find_last_not_of(" \t\r\n");
  return before != std::string_view::npos && text[before] == ',' ? "; remove the comma before it" : "";
}

Failure located(std::string_view text, std::size_t offset, const JsonRules &rules, std::string_view word,
                const std::string &pointer, const std::string &what) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
  const std::string place = std::to_string(line) + ':' + std::to_string(column);
  json::object details{{"pointer", pointer}, {"line", line}, {"column", column}};
  return {EXECLET_INVALID_REQUEST, rules.reasons + '.' + std::string(word),
          (rules.source.empty() ? "line " : rules.source + ':') + place + ": " + what, json::serialize(details)};
}

// Keys are somebody else's text, of any size; a message is one line. The details have the whole.
std::string shown(const std::string &pointer) {
  constexpr std::size_t kMost = 200;
  std::string out = pointer;
  if (out.size() > kMost) {
    out.resize(kMost);
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0) out.pop_back();  // no part of a letter
    out += "…";
  }
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

Failure explain(std::string_view text, const Outcome &outcome, const Handler &handler, const JsonRules &rules) {
  const std::string &pointer = handler.pointer();
  if (handler.duplicate())
    return located(text, handler.key_offset(), rules, "duplicate-key", pointer,
                   shown(pointer) + " is there twice; keep one of them");
  if (outcome.extra)
    return located(text, outcome.offset, rules, "syntax", "",
                   "syntax error: the JSON value ended before " + character_at(text, outcome.offset));
  if (outcome.error == json::error::too_deep)
    return located(text, outcome.offset, rules, "too-deep", pointer,
                   "nested more than " + std::to_string(rules.max_depth) + " levels deep");
  if (outcome.error == json::error::exponent_overflow)
    return located(text, outcome.offset, rules, "number", pointer, "a number before this is too large");
  std::string found = character_at(text, outcome.offset);
  for (const std::string_view article : {"the ", "a "})
    if (found.rfind(article, 0) == 0) found.erase(0, article.size());
  std::string what = "syntax error: unexpected " + found;
  if (outcome.error != json::error::syntax && outcome.error != json::error::incomplete)
    what += " (" + outcome.error.message() + ')';
  return located(text, outcome.offset, rules, "syntax", pointer, what + advice(text, outcome.offset, rules.comments));
}

void write_pretty(const json::value &value, std::string &out, const std::string &indent) {
  const std::string deeper = indent + "  ";
  const char *separator = "\n";
  if (value.is_object() && !value.get_object().empty()) {
    out += '{';
    for (const auto &[key, member] : value.get_object()) {
      out.append(separator).append(deeper).append(json::serialize(json::string(key))).append(": ");
      write_pretty(member, out, deeper);
      separator = ",\n";
    }
    out.append("\n").append(indent).append("}");
  } else if (value.is_array() && !value.get_array().empty()) {
    out += '[';
    for (const json::value &item : value.get_array()) {
      out.append(separator).append(deeper);
      write_pretty(item, out, deeper);
      separator = ",\n";
    }
    out.append("\n").append(indent).append("]");
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

Result<JsonDocument> read_json(std::string_view text, const JsonRules &rules) {
  if (text.size() > rules.max_bytes)
    return Failure{EXECLET_INVALID_REQUEST, rules.reasons + ".too-large",
                   (rules.source.empty() ? "the text" : rules.source) + " has " + std::to_string(text.size()) +
                       " bytes; at most " + std::to_string(rules.max_bytes) + " are read"};
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  try {
    JsonDocument document;
    json::parse_options options;
    options.max_depth = rules.max_depth;
    json::basic_parser<Handler> parser(options, rules.positions ? &document.lines : nullptr);
    const std::string stripped = rules.comments ? without_comments(text) : std::string();
    const Outcome outcome = feed(parser, rules.comments ? std::string_view(stripped) : text, rules.positions);
    if (!outcome.error && !outcome.extra) {
      document.value = parser.handler().release();
      return document;
    }
    if (parser.handler().duplicate() && !rules.positions) {
      JsonRules again = rules;  // only now is the place worth its price
      again.positions = true;
      return read_json(text, again);
    }
    return explain(text, outcome, parser.handler(), rules);
  } catch (const std::exception &problem) {
    return Failure{EXECLET_INVALID_REQUEST, rules.reasons + ".too-large",
                   (rules.source.empty() ? "the text" : rules.source) + " cannot be held in memory: " + problem.what()};
  }
}

void append_pointer(std::string &pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

std::string child_pointer(std::string_view pointer, std::string_view token) {
  std::string child(pointer);
  append_pointer(child, token);
  return child;
}

std::string pretty_json(const boost::json::value &value) {
  std::string out;
  write_pretty(value, out, "");
  return out;
}

}  // namespace execlet::core
