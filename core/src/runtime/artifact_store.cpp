// SPDX-License-Identifier: Apache-2.0
#include "artifact_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "../loader/abi_text.h"
#include "../values/relative_path.h"
#include "../values/text.h"
#include "mime_type.h"

namespace execlet::core {
namespace {

constexpr std::uint64_t kLastPart = 1;  // flag of an artifact event

std::string over_cap() {
  return "files kept in memory would exceed 64 MiB; give a directory for artifacts";
}

}  // namespace

Result<void> ArtifactStore::use_directory(const std::string &directory) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(directory, error);
  if (!error) std::filesystem::create_directories(absolute, error);
  if (!error) {
    root_ = FileDescriptor(::open(absolute.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root_) error = std::error_code(errno, std::generic_category());
  }
  if (error)
    return Failure{EXECLET_INVALID_REQUEST, "artifacts.directory",
                   "cannot use \"" + lossy_utf8(directory) + "\" as directory for artifacts: " + error.message()};
  directory_ = absolute.lexically_normal().native();
  while (directory_.size() > 1 && directory_.back() == '/') directory_.pop_back();
  return {};
}

ArtifactStore::Outcome ArtifactStore::receive(const execlet_abi_artifact_event &event) {
  const auto path = normalise_relative_path(view(event.name));
  if (!path) return {std::nullopt, Notice{"artifact.name", path.failure().message}};
  if (const auto old = pending_.find(*path); old != pending_.end() && event.offset == 0) {  // the same name once more
    release(old->second);
    pending_.erase(old);
  }
  Pending &pending = pending_[*path];
  if (pending.refused) {
    if ((event.head.flags & kLastPart) != 0) pending_.erase(*path);
    return {};
  }
  std::string problem;
  if (!pending.begun) problem = begin(*path, pending);
  if (pending.mime.empty()) pending.mime = lossy_utf8(view(event.mime));
  if (problem.empty())
    problem = event.fd >= 0 ? copy_from(event.fd, event.size, pending) : write(pending, event.offset, view(event.data));
  const bool last = event.fd >= 0 || (event.head.flags & kLastPart) != 0;
  if (problem.empty() && last && pending.size != event.size)
    problem = "came with " + std::to_string(pending.size) + " of " + std::to_string(event.size) + " bytes";
  if (!problem.empty()) {
    release(pending);
    pending.refused = true;
    if (last) pending_.erase(*path);
    return {std::nullopt, Notice{"artifact.lost", "file \"" + lossy_utf8(*path) + "\": " + problem}};
  }
  return last ? finish(*path, pending) : Outcome{};
}

std::vector<Notice> ArtifactStore::drop_incomplete() {
  std::vector<Notice> notices;
  for (auto &[name, pending] : pending_) {
    if (!pending.refused)
      notices.push_back({"artifact.lost", "file \"" + lossy_utf8(name) + "\" did not arrive whole"});
    release(pending);
  }
  pending_.clear();
  return notices;
}

std::string ArtifactStore::begin(const std::string &name, Pending &pending) {
  pending.begun = true;
  if (!root_) {
    pending.memory = std::make_shared<std::string>();
    return {};
  }
  return pending.file.emplace().create(root_.get(), name);
}

std::string ArtifactStore::write(Pending &pending, std::uint64_t offset, std::string_view data) {
  if (offset != pending.size) return "its parts came out of order";
  if (pending.memory) {
    if (data.size() > kMemoryCap - memory_used_) return over_cap();
    memory_used_ += data.size();
    pending.memory->append(data);
  } else if (std::string problem = pending.file->write(offset, data); !problem.empty()) {
    return problem;
  }
  pending.size += data.size();
  return {};
}

std::string ArtifactStore::copy_from(int fd, std::uint64_t size, Pending &pending) {
  // A pipe could make the host wait for ever, with the lock of all events held.
  struct stat about {};
  if (fstat(fd, &about) != 0) return std::string("its descriptor cannot be used: ") + std::strerror(errno);
  if (!S_ISREG(about.st_mode)) return "its descriptor is no regular file";
  std::vector<char> buffer(64 << 10);
  while (pending.size < size) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - pending.size));
    const ssize_t got = ::read(fd, buffer.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::string("cannot be read: ") + std::strerror(errno);
    if (got == 0) return {};  // the caller sees that bytes are missing
    std::string problem = write(pending, pending.size, {buffer.data(), static_cast<std::size_t>(got)});
    if (!problem.empty()) return problem;
  }
  return {};
}

ArtifactStore::Outcome ArtifactStore::finish(const std::string &name, Pending &pending) {
  Artifact artifact;
  artifact.name = name;
  artifact.mime = pending.mime.empty() ? std::string(mime_type(name)) : pending.mime;
  artifact.size = pending.size;
  artifact.data = pending.memory;
  std::string problem;
  if (root_) {
    problem = pending.file->commit();
    artifact.path = directory_ == "/" ? '/' + name : directory_ + '/' + name;
  }
  pending_.erase(name);
  if (!problem.empty()) return {std::nullopt, Notice{"artifact.lost", problem}};
  return {std::move(artifact), std::nullopt};
}

void ArtifactStore::release(Pending &pending) {
  if (pending.memory) memory_used_ -= pending.memory->size();
  pending.memory.reset();
  pending.file.reset();
}

}  // namespace execlet::core
