// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace execlet::runner {

bool Transport::receive() {
  const FrameReader::Space space = reader_.space();
  const ssize_t size = recv(socket_, space.data, space.size, MSG_DONTWAIT);
  if (size > 0) {
    reader_.commit(static_cast<std::size_t>(size));
    return true;
  }
  return size < 0 && (errno == EAGAIN || errno == EINTR);
}

void Transport::send(const char *bulk, std::size_t size) {
  iovec parts[2] = {{out_.data() + sent_, pending()}, {const_cast<char *>(bulk), size}};
  msghdr message{};
  message.msg_iov = parts[0].iov_len > 0 ? parts : parts + 1;
  message.msg_iovlen = parts[0].iov_len > 0 ? 2 : 1;
  if (size == 0) message.msg_iovlen = 1;
  const ssize_t result = sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  std::size_t done = result > 0 ? static_cast<std::size_t>(result) : 0;
  if (result < 0 && errno != EAGAIN && errno != EINTR) broken_ = true;

  const std::size_t from_queue = done < parts[0].iov_len ? done : parts[0].iov_len;
  sent_ += from_queue;
  done -= from_queue;
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ > kInitialCredit) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  if (done < size) out_.append(bulk + done, size - done);
}

}  // namespace execlet::runner
