// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include "catch.h"

using namespace execlet;
using namespace execlet::runner;

namespace {

plugin::Status status_of_failure(execlet_abi_status code, std::string_view reason) {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kFailed);
  message.number(Tag::kCode, static_cast<std::uint64_t>(code));
  message.text(Tag::kReason, reason);
  REQUIRE(message.finish());
  return failure_of({load_header(bytes.data()), std::string_view(bytes).substr(kHeaderSize)});
}

}  // namespace

TEST_CASE("What a runner calls a failure is one, with a reason") {
  CHECK(status_of_failure(EXECLET_ABI_NOT_FOUND, "program.missing").code() == EXECLET_ABI_NOT_FOUND);
  CHECK(status_of_failure(EXECLET_ABI_NOT_FOUND, "program.missing").reason() == "program.missing");
  CHECK(status_of_failure(EXECLET_ABI_OK, "program.missing").code() == EXECLET_ABI_INTERNAL);
  CHECK(status_of_failure(EXECLET_ABI_NOT_FOUND, "").reason() == "runner.failed");
}
