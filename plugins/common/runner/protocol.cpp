// SPDX-License-Identifier: Apache-2.0
#include "protocol.h"

namespace execlet::runner {
namespace {

// One frame of the largest size; small ones are read many at a time.
constexpr std::size_t kBufferSize = kHeaderSize + kMaxPayload;

}  // namespace

std::string_view limit_name(std::uint32_t kind) {
  constexpr std::string_view kNames[] = {"wall_time",  "memory",    "cpus",   "cpu_time", "pids",
                                         "open_files", "file_size", "output", "disk"};
  return kind < sizeof kNames / sizeof kNames[0] ? kNames[kind] : "unknown";
}

MessageWriter::MessageWriter(std::string &out, FrameType type, std::uint16_t stream)
    : out_(out), type_(type), stream_(stream) {
  open_frame();
}

void MessageWriter::open_frame() {
  frame_start_ = out_.size();
  out_.append(kHeaderSize, '\0');
}

void MessageWriter::close_frame(std::uint8_t flags) {
  const std::size_t length = out_.size() - frame_start_ - kHeaderSize;
  store_header(out_.data() + frame_start_, {type_, flags, stream_, static_cast<std::uint32_t>(length)});
}

void MessageWriter::field(Tag tag, std::size_t size) {
  if (out_.size() - frame_start_ + kFieldHeaderSize + size > kHeaderSize + kMaxPayload) {
    close_frame(kMore);
    open_frame();
  }
  char header[kFieldHeaderSize] = {};
  wire::store<std::uint16_t>(header, static_cast<std::uint16_t>(tag));
  wire::store<std::uint32_t>(header + 4, static_cast<std::uint32_t>(size));
  out_.append(header, sizeof header);
}

void MessageWriter::number(Tag tag, std::uint64_t value) {
  char bytes[8];
  wire::store(bytes, value);
  field(tag, sizeof bytes);
  out_.append(bytes, sizeof bytes);
}

void MessageWriter::text(Tag tag, std::string_view value) {
  if (value.size() > kMaxField) {
    too_long_ = true;
    return;
  }
  field(tag, value.size());
  out_.append(value.data(), value.size());
}

void MessageWriter::data(Tag tag, std::string_view value) {
  while (!value.empty()) {
    const std::size_t used = out_.size() - frame_start_ - kHeaderSize + kFieldHeaderSize;
    std::size_t size = used < kMaxPayload ? kMaxPayload - used : kMaxField;
    if (size > value.size()) size = value.size();
    field(tag, size);
    out_.append(value.data(), size);
    value.remove_prefix(size);
  }
}

void MessageWriter::limit(Tag tag, const LimitRecord &record) {
  if (record.how.size() > kMaxField - kLimitRecordSize) {
    too_long_ = true;
    return;
  }
  char bytes[kLimitRecordSize] = {};
  wire::store<std::uint32_t>(bytes, record.kind);
  wire::store<std::uint64_t>(bytes + 8, record.value);
  field(tag, sizeof bytes + record.how.size());
  out_.append(bytes, sizeof bytes);
  out_.append(record.how.data(), record.how.size());
}

bool MessageWriter::finish() {
  close_frame(0);
  return !too_long_;
}

void append_raw_frame(std::string &out, FrameType type, std::uint16_t stream, std::string_view payload,
                      std::uint8_t flags) {
  char header[kHeaderSize];
  store_header(header, {type, flags, stream, static_cast<std::uint32_t>(payload.size())});
  out.append(header, sizeof header);
  out.append(payload.data(), payload.size());
}

void append_credit(std::string &out, std::uint16_t stream, std::uint64_t bytes) {
  char payload[8];
  wire::store(payload, bytes);
  append_raw_frame(out, FrameType::kCredit, stream, {payload, sizeof payload});
}

std::uint64_t parse_credit(std::string_view payload) {
  return payload.size() == 8 ? wire::load<std::uint64_t>(payload.data()) : 0;
}

std::uint64_t Field::number() const {
  return value.size() == 8 ? wire::load<std::uint64_t>(value.data()) : 0;
}

LimitRecord Field::limit() const {
  if (value.size() < kLimitRecordSize) return {UINT32_MAX, 0, {}};
  return {wire::load<std::uint32_t>(value.data()), wire::load<std::uint64_t>(value.data() + 8),
          value.substr(kLimitRecordSize)};
}

bool FieldReader::next(Field &field) {
  if (rest_.empty() || malformed_) return false;
  if (rest_.size() < kFieldHeaderSize) {
    malformed_ = true;
    return false;
  }
  const std::size_t size = wire::load<std::uint32_t>(rest_.data() + 4);
  if (size > rest_.size() - kFieldHeaderSize) {
    malformed_ = true;
    return false;
  }
  field.tag = static_cast<Tag>(wire::load<std::uint16_t>(rest_.data()));
  field.value = rest_.substr(kFieldHeaderSize, size);
  rest_.remove_prefix(kFieldHeaderSize + size);
  return true;
}

FrameReader::FrameReader() : buffer_(new char[kBufferSize]) {}

FrameReader::Space FrameReader::space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0 && kBufferSize - end_ < kBufferSize / 4) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, kBufferSize - end_};
}

FrameReader::State FrameReader::next(Frame &frame) {
  const std::size_t available = end_ - begin_;
  if (available < kHeaderSize) return State::kNeedMore;
  const char *start = buffer_.get() + begin_;
  frame.header = load_header(start);
  if (frame.header.length > kMaxPayload) return State::kMalformed;
  if (available - kHeaderSize < frame.header.length) return State::kNeedMore;
  frame.payload = {start + kHeaderSize, frame.header.length};
  begin_ += kHeaderSize + frame.header.length;
  return State::kFrame;
}

}  // namespace execlet::runner
