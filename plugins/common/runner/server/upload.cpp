// SPDX-License-Identifier: Apache-2.0
#include "upload.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "beneath.h"

namespace execlet::runner {

void Upload::fail(Code code, std::string_view reason, std::string message) {
  file_.reset();
  if (!failure_) failure_ = Failure{code, std::string(reason), std::move(message)};
}

void Upload::open(const std::string &path, std::uint32_t mode) {
  opened_ = true;
  path_ = path;
  mode_ = mode != 0 ? mode & 07777u : 0644u;
  if (!is_clean_relative_path(path))
    return fail(Code::kInvalidArgument, "files.bad-path", "\"" + path + "\" is not a relative path without . and ..");
  const int parents = make_parents(workspace_.work_fd(), path);
  if (parents != 0)
    return fail(
        parents == EXDEV ? Code::kInvalidArgument : Code::kUnavailable,
        parents == EXDEV ? "files.outside" : "files.not-written",
        "cannot make the directories of " + path + ": " +
            (parents == EXDEV ? "a link leads out of the working directory" : std::string(error_text(parents))));
  // Not truncated before it is known to be a regular file; not blocking, for it could be a FIFO.
  file_ = open_beneath(workspace_.work_fd(), path.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY,
                       Links::kFollowInside, 0600);
  if (!file_) {
    const int error = errno;
    const bool outside = error == EXDEV || error == ELOOP;
    return fail(outside ? Code::kInvalidArgument : Code::kUnavailable, outside ? "files.outside" : "files.not-written",
                "cannot write " + path + ": " +
                    (outside ? "a link leads out of the working directory" : std::string(error_text(error))));
  }
  struct stat status {};
  if (fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(Code::kInvalidArgument, "files.not-a-file", path + " exists and is no regular file");
  if (ftruncate(file_.get(), 0) != 0)
    return fail(Code::kUnavailable, "files.not-written",
                "cannot replace " + path + ": " + std::string(error_text(errno)));
}

void Upload::write(std::string_view data) {
  while (file_ && !data.empty()) {
    const ssize_t size = ::write(file_.get(), data.data(), data.size());
    if (size < 0 && errno != EINTR)
      return fail(Code::kUnavailable, "files.not-written",
                  "cannot write " + path_ + ": " + std::string(error_text(errno)));
    if (size > 0) data.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Upload::finish() {
  if (file_ && fchmod(file_.get(), mode_) != 0)
    fail(Code::kUnavailable, "files.not-written",
         "cannot set the mode of " + path_ + ": " + std::string(error_text(errno)));
  file_.reset();
  opened_ = false;
}

bool Upload::take(const Frame &frame) {
  std::string path;
  std::uint32_t mode = 0;
  FieldReader reader(frame.payload);
  for (Field field; reader.next(field);) {
    if (field.tag == Tag::kPath) path = field.value;
    if (field.tag == Tag::kMode) mode = static_cast<std::uint32_t>(field.number());
    if (field.tag != Tag::kData) continue;
    if (!opened_) open(path, mode);
    write(field.value);
  }
  if (!opened_) open(path, mode);
  if ((frame.header.flags & kMore) != 0) return false;
  finish();
  return true;
}

std::optional<Failure> Upload::take_failure() {
  return std::exchange(failure_, std::nullopt);
}

}  // namespace execlet::runner
