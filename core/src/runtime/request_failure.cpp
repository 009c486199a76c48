// SPDX-License-Identifier: Apache-2.0
#include "request_failure.h"

#include "../values/json_words.h"
#include "../values/text.h"
#include "json_writer.h"

namespace execlet::core {
namespace {

constexpr std::size_t kMaxPointerShown = 200;

}  // namespace

Failure at_pointer(std::string_view pointer, Failure failure) {
  // A key is somebody else's text, of any size: the details have it whole.
  failure.message.insert(0, pointer.empty() ? "request: " : "request " + shortened(pointer, kMaxPointerShown) + ": ");
  JsonWriter details;
  details.begin_object();
  details.member("pointer", lossy_utf8(pointer));
  details.end_object();
  std::string text = std::move(details).text();
  if (failure.details_json.size() > 2) {  // an object with members: they follow
    text.back() = ',';
    text.append(failure.details_json, 1);
  }
  failure.details_json = std::move(text);
  return failure;
}

Failure invalid_request(std::string_view pointer, std::string reason, std::string_view message) {
  return at_pointer(pointer, {EXECLET_INVALID_REQUEST, std::move(reason), std::string(message)});
}

Failure rejected(std::string_view pointer, std::string reason, std::string_view message) {
  return at_pointer(pointer, {EXECLET_REJECTED, std::move(reason), std::string(message)});
}

}  // namespace execlet::core
