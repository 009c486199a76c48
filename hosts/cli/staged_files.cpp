// SPDX-License-Identifier: Apache-2.0
#include "staged_files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "command_line.h"

namespace execlet::cli {
namespace fs = std::filesystem;
namespace {

// All of it travels in memory; more is a mistake (a home directory), not a request.
constexpr std::size_t kMostFiles = 10'000;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr int kPipePatienceMs = 10'000;

[[noreturn]] void unreadable(const std::string &path, const std::string &why) {
  invalid_request("cli.file", "cannot read " + path + ": " + why);
}

std::string read_fd(int fd, const std::string &path) {
  std::string out;
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got > 0) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
      if (out.size() > kMostBytes) {
        unreadable(path, "it has more than 1 GiB");
      }
    } else if (got == 0) {
      return out;
    } else if (errno != EINTR) {
      unreadable(path, std::strerror(errno));
    }
  }
}

// Whoever writes to a named pipe may take his time, but somebody must. Returns what it took to find that out.
std::string wait_for_writer(int fd, const std::string &path) {
  pollfd written = {fd, POLLIN, 0};
  int ready = 0;
  do ready = poll(&written, 1, kPipePatienceMs);
  while (ready < 0 && errno == EINTR);
  if (ready != 0) {
    return {};
  }
  // The end is read where nobody has opened it.
  char first = 0;
  const ssize_t got = read(fd, &first, 1);
  if (got == 0) {
    unreadable(path, "it is a pipe that nobody writes to, for " + std::to_string(kPipePatienceMs / 1000) + " s");
  }
  return got > 0 ? std::string(1, first) : std::string();
}

class FileReader {
 public:
  void add(const std::string &path, const std::string &name) {
    if (files_.size() == kMostFiles) {
      invalid_request("cli.file", "--file " + path + ": more than 10000 files");
    }
    std::string data = read_whole(path);
    bytes_ += data.size();
    if (bytes_ > kMostBytes) {
      invalid_request("cli.file", "--file " + path + ": more than 1 GiB in all");
    }
    if (!files_.emplace(name, std::move(data)).second) {
      invalid_request("cli.file", "--file " + path + ": there is another file named " + name + "; use PATH=NAME");
    }
  }

  void add_directory(const fs::path &directory, const fs::path &name) {
    std::error_code error;
    std::vector<fs::path> found;
    for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
      if (it->is_symlink(error)) {
        check_link(directory, it->path());
      }
      if (it->is_regular_file(error)) {
        found.push_back(it->path());
      } else if (!error && !it->is_directory(error)) {
        invalid_request("cli.file", "--file " + directory.string() + ": " + it->path().string() +
                                        " is no regular file and cannot be staged; leave it out");
      }
      if (found.size() > kMostFiles) {
        break;
      }
    }
    if (error) {
      unreadable(directory.string(), error.message());
    }
    std::sort(found.begin(), found.end());
    for (const fs::path &file : found) {
      add(file.string(), (name / file.lexically_relative(directory)).lexically_normal().generic_string());
    }
  }

  std::map<std::string, std::string> take() { return std::move(files_); }

 private:
  // What the directory's owner did not put there himself is not handed to the program by a link.
  static void check_link(const fs::path &directory, const fs::path &link) {
    std::error_code error;
    const fs::path target = fs::canonical(link, error);
    const fs::path inside = target.lexically_relative(fs::canonical(directory));
    if (!error && !fs::is_directory(target) && !inside.empty() && *inside.begin() != "..") {
      return;
    }
    invalid_request("cli.file", "--file " + directory.string() + ": the link " + link.string() +
                                    " leads to no file below that directory; name its target with a --file of its own");
  }

  std::map<std::string, std::string> files_;
  std::size_t bytes_ = 0;
};

fs::path name_of(const fs::path &path) {
  const fs::path normal = path.lexically_normal();
  if (normal == ".") {
    return "";
  }
  if (normal.is_relative() && *normal.begin() != "..") {
    return normal.has_filename() ? normal : normal.parent_path();
  }
  const fs::path last = normal.has_filename() ? normal.filename() : normal.parent_path().filename();
  return last == ".." ? fs::path() : last;
}

}  // namespace

std::string read_whole(const std::string &path) {
  if (path == "-") {
    return read_fd(STDIN_FILENO, "standard input");
  }
  const int fd = open_file(path);
  struct stat info = {};
  std::string out;
  if (fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode)) {
    out = wait_for_writer(fd, path);
  }
  fcntl(fd, F_SETFL, O_RDONLY);
  out += read_fd(fd, path);
  close(fd);
  return out;
}

int open_file(const std::string &path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    unreadable(path, std::strerror(errno));
  }
  struct stat info = {};
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    unreadable(path, "it is a directory");
  }
  return fd;
}

std::map<std::string, std::string> read_files(const std::vector<std::string> &arguments) {
  FileReader reader;
  for (const std::string &argument : arguments) {
    std::error_code error;
    std::string path = argument;
    std::string name;
    const std::size_t equals = argument.rfind('=');
    if (equals != std::string::npos && !fs::exists(argument, error)) {
      path = argument.substr(0, equals);
      name = argument.substr(equals + 1);
      if (name.empty()) {
        invalid_request("cli.file", "--file takes PATH or PATH=NAME; got '" + argument + "'");
      }
    }
    const fs::path target = name.empty() ? name_of(path) : fs::path(name);
    if (fs::is_directory(path, error)) {
      reader.add_directory(path, target);
    } else {
      reader.add(path, target.generic_string());
    }
  }
  return reader.take();
}

}  // namespace execlet::cli
