// SPDX-License-Identifier: Apache-2.0
#include "file_sender.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "beneath.h"

namespace execlet::runner {
namespace {

constexpr std::size_t kChunk = 128 * 1024;
// More than this waiting in the transport means that the client is not reading.
constexpr std::size_t kMaxPending = 512 * 1024;

}  // namespace

FileSender::FileSender(Transport &transport, int root, std::uint16_t stream, std::vector<std::string> paths,
                       std::uint64_t max_file_bytes)
    : transport_(transport), root_(root), stream_(stream), paths_(std::move(paths)), max_file_bytes_(max_file_bytes) {}

void FileSender::add_credit(std::uint64_t bytes) {
  credit_ = std::min(kInitialCredit, credit_ + std::min(bytes, kInitialCredit));
}

bool FileSender::open_next() {
  const std::string &path = paths_[next_];
  file_ = open_beneath(root_, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, Links::kRefuse);
  struct stat status {};
  std::string trouble;
  if (!file_)
    trouble = error_text(errno);
  else if (fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode))
    trouble = "no regular file";
  else if (max_file_bytes_ != 0 && static_cast<std::uint64_t>(status.st_size) > max_file_bytes_)
    trouble = "too large";
  if (!trouble.empty()) {
    notices_.push_back(std::string("artifact.unreadable") + '\0' + path + ": " + trouble);
    file_.reset();
    ++next_;
    return false;
  }
  size_ = left_ = static_cast<std::uint64_t>(status.st_size);
  announced_ = false;
  return true;
}

// One frame. A file that ends before the size that was announced, or cannot be read any further, ends with it.
void FileSender::send_chunk() {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>({left_, credit_, kChunk}));
  buffer_.resize(size);
  std::size_t done = 0;
  int error = 0;
  while (done < size) {
    const ssize_t got = read(file_.get(), buffer_.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  buffer_.resize(done);
  if (done < size)
    notices_.push_back(std::string("artifact.cut") + '\0' + paths_[next_] + ": " +
                       (error != 0 ? std::string(error_text(error)) : std::string("it became shorter")) + " after " +
                       decimal(size_ - left_ + done) + " of " + decimal(size_) + " bytes");

  std::string &out = transport_.out();
  const std::size_t start = out.size();
  MessageWriter message(out, FrameType::kFile, stream_);
  if (!announced_) {
    message.text(Tag::kPath, paths_[next_]);
    message.number(Tag::kSize, size_);
    announced_ = true;
  }
  message.data(Tag::kData, buffer_);
  (void)message.finish();
  left_ = done < size ? 0 : left_ - size;
  credit_ -= done;
  if (left_ > 0) out[start + 1] = static_cast<char>(kMore);
  transport_.flush();
  if (left_ > 0) return;
  file_.reset();
  ++next_;
}

void FileSender::stop() {
  if (next_ >= paths_.size()) return;
  notices_.push_back(std::string("artifacts.dropped") + '\0' + "the run was ended before all files were sent; " +
                     paths_[next_] + " and those after it are missing");
  paths_.clear();
  file_.reset();
}

bool FileSender::advance() {
  while (next_ < paths_.size()) {
    if (!file_ && !open_next()) continue;
    if ((left_ > 0 && credit_ == 0) || transport_.pending() > kMaxPending) return false;
    send_chunk();
  }
  return true;
}

}  // namespace execlet::runner
