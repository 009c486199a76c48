// SPDX-License-Identifier: Apache-2.0
#include "protocol.h"

#include <algorithm>
#include <random>
#include <vector>

#include "catch.h"

using namespace execlet::runner;

namespace {

// Feeds `bytes` in pieces of `step`; returns copies of the frames, or says that the stream is malformed.
struct Decoded {
  struct Item {
    Header header;
    std::string payload;
  };
  std::vector<Item> frames;
  bool malformed = false;
};

Decoded decode(std::string_view bytes, std::size_t step) {
  Decoded result;
  FrameReader reader;
  Frame frame;
  while (!bytes.empty()) {
    const FrameReader::Space space = reader.space();
    REQUIRE(space.size > 0);
    const std::size_t size = std::min({space.size, step, bytes.size()});
    bytes.copy(space.data, size);
    reader.commit(size);
    bytes.remove_prefix(size);
    for (;;) {
      const FrameReader::State state = reader.next(frame);
      if (state == FrameReader::State::kMalformed) {
        result.malformed = true;
        return result;
      }
      if (state == FrameReader::State::kNeedMore) break;
      result.frames.push_back({frame.header, std::string(frame.payload)});
    }
  }
  return result;
}

}  // namespace

TEST_CASE("a message comes back as it was written, however the stream is cut") {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kStart, 77);
  message.text(Tag::kArgument, "sh");
  message.text(Tag::kArgument, "");
  message.number(Tag::kTimeoutNs, 0x0123456789abcdefull);
  message.limit(Tag::kLimit, {3, 99, "how"});
  REQUIRE(message.finish());
  append_raw_frame(bytes, FrameType::kInput, kStdinStream, "bytes", kEnd);
  append_credit(bytes, 2, 1234);

  for (const std::size_t step : {1u, 3u, 8u, 1000u}) {
    const Decoded decoded = decode(bytes, step);
    REQUIRE_FALSE(decoded.malformed);
    REQUIRE(decoded.frames.size() == 3);
    CHECK(decoded.frames[0].header.type == FrameType::kStart);
    CHECK(decoded.frames[0].header.stream == 77);
    CHECK(decoded.frames[0].header.flags == 0);
    FieldReader reader(decoded.frames[0].payload);
    Field field;
    REQUIRE(reader.next(field));
    CHECK(field.value == "sh");
    REQUIRE(reader.next(field));
    CHECK(field.value.empty());
    REQUIRE(reader.next(field));
    CHECK(field.number() == 0x0123456789abcdefull);
    REQUIRE(reader.next(field));
    CHECK(field.limit().kind == 3);
    CHECK(field.limit().value == 99);
    CHECK(field.limit().how == "how");
    CHECK_FALSE(reader.next(field));
    CHECK(reader.ok());
    CHECK(decoded.frames[1].header.flags == kEnd);
    CHECK(decoded.frames[1].payload == "bytes");
    CHECK(parse_credit(decoded.frames[2].payload) == 1234);
  }
}

TEST_CASE("long values and many fields go on in further frames") {
  std::string content;
  for (int i = 0; i < 1'000'000; ++i) content += static_cast<char>(i % 251);
  std::string bytes;
  MessageWriter message(bytes, FrameType::kStart);
  for (int i = 0; i < 5000; ++i) message.text(Tag::kEnvironment, std::string(100, 'e'));
  message.data(Tag::kSnippetData, content);
  REQUIRE(message.finish());

  const Decoded decoded = decode(bytes, 100'000);
  REQUIRE_FALSE(decoded.malformed);
  std::string joined;
  int entries = 0;
  for (std::size_t i = 0; i < decoded.frames.size(); ++i) {
    CHECK(decoded.frames[i].header.flags == (i + 1 < decoded.frames.size() ? kMore : 0));
    CHECK(decoded.frames[i].payload.size() <= kMaxPayload);
    FieldReader reader(decoded.frames[i].payload);
    for (Field field; reader.next(field);) {
      if (field.tag == Tag::kEnvironment) ++entries;
      if (field.tag == Tag::kSnippetData) joined += field.value;
    }
    CHECK(reader.ok());
  }
  CHECK(entries == 5000);
  CHECK(joined == content);
}

TEST_CASE("a value that must stay whole and cannot is refused, not cut") {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kStart);
  message.text(Tag::kArgument, std::string(kMaxField, 'x'));
  message.text(Tag::kArgument, std::string(kMaxField + 1, 'x'));
  CHECK_FALSE(message.finish());
}

TEST_CASE("a frame of the largest size passes, one byte more is malformed") {
  std::string bytes;
  append_raw_frame(bytes, FrameType::kOutput, 2, std::string(kMaxPayload, 'x'));
  append_raw_frame(bytes, FrameType::kOutput, 2, std::string(kMaxPayload, 'y'));
  Decoded decoded = decode(bytes, 1 << 20);
  REQUIRE(decoded.frames.size() == 2);
  CHECK(decoded.frames[1].payload == std::string(kMaxPayload, 'y'));

  char header[kHeaderSize];
  store_header(header, {FrameType::kOutput, 0, 2, kMaxPayload + 1});
  CHECK(decode({header, sizeof header}, 8).malformed);
  store_header(header, {FrameType::kOutput, 0, 2, 0xffffffff});
  CHECK(decode({header, sizeof header}, 8).malformed);
}

TEST_CASE("a truncated stream is never a frame") {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kExited);
  message.number(Tag::kExitCode, 1);
  REQUIRE(message.finish());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Decoded decoded = decode(std::string_view(bytes).substr(0, size), 4);
    CHECK(decoded.frames.empty());
    CHECK_FALSE(decoded.malformed);
  }
}

TEST_CASE("fields that do not fit are malformed, unknown tags are not") {
  std::string bytes;
  MessageWriter message(bytes, FrameType::kExited);
  message.text(static_cast<Tag>(60000), "from the future");
  message.number(Tag::kExitCode, 5);
  REQUIRE(message.finish());
  const std::string payload = bytes.substr(kHeaderSize);
  FieldReader reader(payload);
  Field field;
  REQUIRE(reader.next(field));
  REQUIRE(reader.next(field));
  CHECK(field.number() == 5);
  CHECK_FALSE(reader.next(field));
  CHECK(reader.ok());

  for (std::size_t cut = 1; cut < 8; ++cut) {
    FieldReader truncated(std::string_view(payload).substr(0, payload.size() - cut));
    while (truncated.next(field)) {
    }
    CHECK_FALSE(truncated.ok());
  }
  std::string forged = payload;
  forged[4] = forged[5] = forged[6] = forged[7] = '\xff';
  FieldReader lying(forged);
  CHECK_FALSE(lying.next(field));
  CHECK_FALSE(lying.ok());
}

TEST_CASE("numbers and records of the wrong size are told apart from real ones") {
  Field field;
  field.value = "1234567";
  CHECK(field.number() == 0);
  CHECK(field.limit().kind == UINT32_MAX);
  CHECK(parse_credit("short") == 0);
}

TEST_CASE("random bytes neither crash the readers nor stop them from ending") {
  std::mt19937 random(12345);
  for (int round = 0; round < 300; ++round) {
    std::string bytes(random() % 3000, '\0');
    for (char &byte : bytes) byte = static_cast<char>(random());
    // Short lengths, so that frames are found and their fields are read.
    for (std::size_t i = 4; i + 4 < bytes.size(); i += 64) bytes[i + 1] = bytes[i + 2] = bytes[i + 3] = 0;
    std::size_t fields = 0;
    for (const Decoded::Item &item : decode(bytes, 1 + random() % 100).frames) {
      FieldReader reader(item.payload);
      for (Field field; reader.next(field); ++fields) (void)(field.number() + field.limit().value);
    }
    CHECK(fields <= bytes.size() / kFieldHeaderSize);
  }
}
